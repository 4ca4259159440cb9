import {
  to = ocibao_kubernetes_auth_config.lke
  identity = {
    mount = "kubernetes"
  }
}
