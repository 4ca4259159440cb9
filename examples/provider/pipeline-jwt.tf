# The pipeline's service hands out the token: as TERRAFORM_VAULT_AUTH_JWT in the
# environment it comes into no plan, no state and no variable.
provider "ocibao" {
  openbao = {
    address   = "https://bao.example.com:8200"
    namespace = "platform"
    auth_jwt = {
      role = "migration"
    }
  }
}
