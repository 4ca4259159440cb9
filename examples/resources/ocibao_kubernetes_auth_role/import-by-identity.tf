import {
  to = ocibao_kubernetes_auth_role.app
  identity = {
    mount = "kubernetes"
    name  = "app"
  }
}
