# One secret by its name. It may be in another compartment than its vault.
data "ocibao_secret" "provider_a" {
  name           = "cloud_provider_a"
  vault_id       = var.vault_id
  compartment_id = var.compartment_id
}

# Pin the version that is current now: "<secret OCID>@<version number>".
output "provider_a_pin" {
  value = data.ocibao_secret.provider_a.pin
}

# Warn in every plan while the secret is scheduled for deletion.
check "provider_a_stays" {
  assert {
    condition     = data.ocibao_secret.provider_a.lifecycle_state == "ACTIVE"
    error_message = "The secret is ${data.ocibao_secret.provider_a.lifecycle_state}."
  }
}

variable "vault_id" {
  type        = string
  description = "OCID of the vault."
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment that the secret is in."
}
