import {
  to = ocibao_approle.app
  identity = {
    mount = "approle"
    name  = "app"
  }
}
