resource "ocibao_approle" "app" {
  name           = "app"
  token_policies = ["read-provider-a"]
  secret_id_ttl  = "720h"
}

# A secret ID that only the first one to unwrap it gets to see. A plan rotates it when it
# is ten days old, and the apply of a later day revokes the old one.
resource "ocibao_approle_secret_id" "app" {
  role_name        = ocibao_approle.app.name
  wrapping_ttl     = "10m"
  cidr_list        = ["10.20.0.7/32"]
  metadata         = { host = "app-1" }
  rotate_after     = "240h"
  rotation_overlap = "24h"

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

# A secret ID that is made elsewhere. Neither plan nor state hold it.
variable "batch_secret_id" {
  type      = string
  ephemeral = true
}

resource "ocibao_approle_secret_id" "batch" {
  role_name            = ocibao_approle.app.name
  secret_id_wo         = var.batch_secret_id
  secret_id_wo_version = 1 # raise it with each new value
}
