# The auth mount is in the root namespace, the objects are in another.
provider "ocibao" {
  openbao = {
    address          = "https://bao.example.com:8200"
    namespace        = "platform"
    client_cert_file = "/etc/pipeline/tls.crt"
    client_key_file  = "/etc/pipeline/tls.key"
    auth_cert = {
      name      = "pipeline"
      namespace = "root"
    }
  }
}
