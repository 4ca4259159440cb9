# A Raft snapshot before each change of what is migrated, for OpenTofu and for
# Terraform before 1.14, which know no actions. It runs on the machine that
# applies, which needs the bao command line, BAO_ADDR and BAO_TOKEN.
terraform {
  required_providers {
    ocibao = { source = "ocibao/ocibao" }
  }
}

variable "compartment_id" {
  description = "OCID of the compartment whose secrets are migrated."
  type        = string
}

variable "mount" {
  description = "KV mount that they go to."
  type        = string
  default     = "credentials"
}

data "ocibao_secrets" "all" {
  compartment_id = var.compartment_id
}

# A change of a pin replaces it, so that the command runs once for each such plan.
resource "terraform_data" "snapshot" {
  triggers_replace = [data.ocibao_secrets.all.pins]

  provisioner "local-exec" {
    command     = "./snapshot.sh \"snapshots/raft-$(date -u +%Y%m%dT%H%M%SZ).snap\""
    working_dir = path.module
  }
}

resource "ocibao_migration" "credentials" {
  mount      = var.mount
  secrets    = data.ocibao_secrets.all.pins
  depends_on = [terraform_data.snapshot]
}
