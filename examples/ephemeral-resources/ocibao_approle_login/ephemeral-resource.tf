# Log in as the application for the time of this run; the token is revoked at its end.
ephemeral "ocibao_approle_login" "app" {
  role_id   = var.app_role_id
  secret_id = var.app_secret_id
}

# What goes through this provider has the rights of the application.
provider "ocibao" {
  alias = "app"

  openbao = {
    address = "https://bao.example.com:8200"
    token   = ephemeral.ocibao_approle_login.app.token
  }
}

variable "app_role_id" {
  type        = string
  description = "Role ID of the application."
}

variable "app_secret_id" {
  type        = string
  description = "Secret ID of the application, as TF_VAR_app_secret_id."
  ephemeral   = true
}
