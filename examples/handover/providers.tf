terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}

# The provider that migrates. Its credentials come from the environment.
provider "ocibao" {
  openbao = {
    address = var.openbao_address
  }
}
