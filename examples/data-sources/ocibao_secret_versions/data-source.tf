data "ocibao_secret_versions" "provider_a" {
  secret_id = var.secret_id
}

# Go back to the third version, whatever is current.
resource "ocibao_migration" "rollback" {
  mount   = "credentials"
  secrets = { provider-a = data.ocibao_secret_versions.provider_a.pins["3"] }
}

# What was current when, of the versions that stay.
output "history" {
  value = {
    for version in data.ocibao_secret_versions.provider_a.versions : version.version_number => {
      created = version.time_created
      stages  = version.stages
    } if version.time_of_deletion == null
  }
}

variable "secret_id" {
  type        = string
  description = "OCID of the secret."
}
