# Read the newest version of a secret, current or not, and tell what it is. The
# content itself is not kept.
data "ocibao_secret_bundle" "provider_a" {
  name     = "cloud_provider_a"
  vault_id = var.vault_id
  stage    = "LATEST"
}

# Warn when the secret would not become the fields that clients expect.
check "provider_a_has_its_fields" {
  assert {
    condition     = toset(data.ocibao_secret_bundle.provider_a.keys) == toset(["access_key_id", "secret_access_key"])
    error_message = "The content is ${data.ocibao_secret_bundle.provider_a.content_format} of ${data.ocibao_secret_bundle.provider_a.length} bytes."
  }
}

variable "vault_id" {
  type        = string
  description = "OCID of the vault."
}
