data "ocibao_kv_secrets" "apps" {
  mount     = "credentials"
  name      = "apps"
  recursive = true
}

# What stands in OpenBao below a folder, whoever wrote it.
output "apps" {
  value = data.ocibao_kv_secrets.apps.names
}

locals {
  unknown = setsubtract(data.ocibao_kv_secrets.apps.names, var.known)
}

# Warn in every plan when somebody stores a secret that this configuration does not know.
check "apps_are_known" {
  assert {
    condition     = length(local.unknown) == 0
    error_message = "Not known here: ${join(", ", local.unknown)}"
  }
}

variable "known" {
  type        = set(string)
  description = "Names of the secrets that are meant to be there, such as apps/web/session-key."
}
