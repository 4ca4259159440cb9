# The content of a secret of OCI Vault, for the time of this run.
ephemeral "ocibao_secret_bundle" "bootstrap" {
  name     = "openbao_bootstrap"
  vault_id = var.vault_id
}

# A provider that works with the token which that secret holds as {"token": "..."}.
provider "ocibao" {
  alias = "bootstrap"

  openbao = {
    address = "https://bao.example.com:8200"
    token   = ephemeral.ocibao_secret_bundle.bootstrap.data["token"]
  }
}

variable "vault_id" {
  type        = string
  description = "OCID of the vault."
}
