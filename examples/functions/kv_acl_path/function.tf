# credentials/data/team a/provider-a
output "path" {
  value = provider::ocibao::kv_acl_path("credentials", 2, "team a/provider-a")
}
