resource "ocibao_auth_mount" "approle" {
  description = "Logins of applications"
}

# A role for one application, usable from its own network only.
resource "ocibao_approle" "app" {
  mount                 = ocibao_auth_mount.approle.path
  name                  = "app"
  token_policies        = ["read-provider-a"]
  token_ttl             = "20m"
  token_max_ttl         = "1h"
  secret_id_ttl         = "720h"
  secret_id_bound_cidrs = ["10.20.0.0/16"]
  token_bound_cidrs     = ["10.20.0.0/16"]
}

# The public half of the login, for the configuration of the application.
output "app_role_id" {
  value = ocibao_approle.app.role_id
}
