# Hands a migrated secret to another provider. The value is in neither plan nor
# state: an ephemeral object reads it when the other provider needs it.

variable "openbao_address" {
  type        = string
  description = "URL of the OpenBao server."
}

variable "secret_id" {
  type        = string
  description = "OCID of a secret of OCI Vault with an access token in the member \"token\"."
}

resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migrated_secret" "reports" {
  secret_id = var.secret_id
  mount     = ocibao_kv_mount.credentials.path
  name      = "reports"
}

# The version is known when the secret is there, so the first plan does not look for
# it in vain. When the secret is rotated, the new version is read.
ephemeral "ocibao_kv_secret" "reports" {
  mount   = ocibao_migrated_secret.reports.mount
  name    = ocibao_migrated_secret.reports.name
  version = ocibao_migrated_secret.reports.kv_version
}

# Any provider takes ephemeral values in its settings; here it is a second one of
# the same kind, which works with the rights of that token.
provider "ocibao" {
  alias = "reports"

  openbao = {
    address = var.openbao_address
    token   = ephemeral.ocibao_kv_secret.reports.data["token"]
  }
}

resource "ocibao_policy" "reports" {
  provider = ocibao.reports

  name   = "reports-readers"
  policy = "path \"reports/*\" { capabilities = [\"read\"] }"
}
