# KV v2 that keeps five versions of each secret for 90 days.
resource "ocibao_kv_mount" "credentials" {
  path                 = "credentials"
  description          = "Credentials of the cloud providers"
  max_versions         = 5
  cas_required         = true
  delete_version_after = "90d"
}

# KV v1 for a client that knows no other. Setting version = 2 upgrades it in place.
resource "ocibao_kv_mount" "legacy" {
  path    = "legacy/credentials"
  version = 1
}
