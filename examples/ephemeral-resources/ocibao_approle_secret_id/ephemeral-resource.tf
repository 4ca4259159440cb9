# A secret ID for this run only; it is revoked when the run is over.
ephemeral "ocibao_approle_secret_id" "app" {
  role_name = ocibao_approle.app.name
  ttl       = "10m"
  num_uses  = 1
}

# A provider with the rights of the application.
provider "ocibao" {
  alias = "app"

  openbao = {
    address = "https://bao.example.com:8200"
    auth_approle = {
      role_id   = ocibao_approle.app.role_id
      secret_id = ephemeral.ocibao_approle_secret_id.app.secret_id
    }
  }
}
