# credentials/data/team%20a/provider-a
output "path" {
  value = provider::ocibao::kv_api_path("credentials", 2, "team a/provider-a")
}
