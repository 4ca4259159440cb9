import {
  to = ocibao_kv_mount.credentials
  identity = {
    path = "credentials"
  }
}
