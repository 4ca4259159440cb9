# Exactly the two secrets, on KV v2, and nothing else of the mount.
data "ocibao_policy_document" "app" {
  kv_read = [
    {
      mount = "credentials"
      names = ["provider-a", "provider-b"]
    },
  ]
  rules = [
    {
      path         = "auth/token/renew-self"
      capabilities = ["update"]
      description  = "Lets the application keep its token."
    },
    {
      path         = "credentials/data/{{identity.entity.name}}/*"
      capabilities = ["create", "read", "update"]
      description  = "Each application has a folder of its own."
    },
  ]
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = data.ocibao_policy_document.app.hcl
}
