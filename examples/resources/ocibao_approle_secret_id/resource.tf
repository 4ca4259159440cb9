resource "ocibao_approle" "app" {
  name           = "app"
  token_policies = ["read-provider-a"]
  secret_id_ttl  = "720h"
}

# A secret ID that only the first one to unwrap it gets to see.
resource "ocibao_approle_secret_id" "app" {
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "10m"
  cidr_list    = ["10.20.0.7/32"]
  metadata     = { host = "app-1" }

  # A role that is made anew has lost its secret IDs, even under the same name.
  lifecycle {
    replace_triggered_by = [ocibao_approle.app.role_id]
  }
}

# Hand this to the application, which unwraps it: bao unwrap -field=secret_id "$WRAPPING_TOKEN"
output "wrapping_token" {
  value     = ocibao_approle_secret_id.app.wrapping_token
  sensitive = true
}
