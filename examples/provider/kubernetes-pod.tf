# In a pod the token of its service account is found by itself.
provider "ocibao" {
  openbao = {
    address = "https://bao.example.com:8200"
    auth_kubernetes = {
      role = "migration"

      # A projected token with an audience of its own is better than the default one.
      token_file = "/var/run/secrets/openbao/token"
    }
  }
}
