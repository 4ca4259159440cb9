resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

data "ocibao_secret" "provider_a" {
  name           = "cloud_provider_a"
  vault_id       = var.vault_id
  compartment_id = var.compartment_id
}

# Copy the version that is current now, and show its number in every plan.
resource "ocibao_migrated_secret" "provider_a" {
  secret_id      = data.ocibao_secret.provider_a.id
  version_number = data.ocibao_secret.provider_a.current_version_number
  mount          = ocibao_kv_mount.credentials.path
  name           = "provider-a"
  format         = "json"
}

# Follow rotations in OCI: each is planned as drift = "source_newer" -> "none".
resource "ocibao_migrated_secret" "provider_b" {
  secret_id          = var.provider_b_secret_id
  mount              = ocibao_kv_mount.credentials.path
  name               = "provider-b"
  custom_metadata    = { team = "platform" }
  copy_freeform_tags = true
}

# A certificate, kept whole in one field, and removed together with the resource.
resource "ocibao_migrated_secret" "certificate" {
  secret_id  = var.certificate_secret_id
  mount      = ocibao_kv_mount.credentials.path
  name       = "tls/www"
  format     = "text"
  key        = "certificate"
  on_destroy = "destroy"
}

variable "vault_id" {
  type        = string
  description = "OCID of the vault."
}

variable "compartment_id" {
  type        = string
  description = "OCID of the compartment that the secret is in."
}

variable "provider_b_secret_id" {
  type        = string
  description = "OCID of the secret cloud_provider_b."
}

variable "certificate_secret_id" {
  type        = string
  description = "OCID of the secret with the certificate."
}
