# What an application needs to read one migrated secret on KV v2, and nothing else.
resource "ocibao_policy" "read_provider_a" {
  name   = "read-provider-a"
  policy = <<-EOT
    path "credentials/data/provider-a" {
      capabilities = ["read"]
    }
  EOT
}

# Take over a policy that was written by hand, whatever it says now.
resource "ocibao_policy" "operator" {
  name        = "operator"
  on_conflict = "overwrite"
  policy      = <<-EOT
    path "sys/health" {
      capabilities = ["read"]
    }
    path "sys/storage/raft/*" {
      capabilities = ["read", "update"]
    }
  EOT
}
