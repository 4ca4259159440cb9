import {
  to = ocibao_auth_mount.approle
  identity = {
    path = "approle"
  }
}
