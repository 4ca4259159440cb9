import {
  to = ocibao_policy.read_provider_a
  identity = {
    name = "read-provider-a"
  }
}
