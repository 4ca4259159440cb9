# The credentials of one team in a compartment and all compartments below it.
data "ocibao_secrets" "payments" {
  compartment_id            = var.compartment_id
  compartment_id_in_subtree = true
  name_regex                = "^cloud_"
  freeform_tags             = { team = "payments" }
}

# Name to "<secret OCID>@<version number>": what ocibao_migration copies.
output "pins" {
  value = data.ocibao_secrets.payments.pins
}

# Secrets on their way out are listed, but not pinned.
output "leaving" {
  value = {
    for secret in data.ocibao_secrets.payments.secrets : secret.name => secret.time_of_deletion
    if secret.time_of_deletion != null
  }
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment or tenancy."
}
