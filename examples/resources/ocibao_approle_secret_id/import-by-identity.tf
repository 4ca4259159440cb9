import {
  to = ocibao_approle_secret_id.app
  identity = {
    mount     = "approle"
    role_name = "app"
    accessor  = "4a3c1f5e-1de1-7f4a-93f6-0d2b6a1c7a5e"
  }
}
