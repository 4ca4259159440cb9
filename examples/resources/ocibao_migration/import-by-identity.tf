import {
  to = ocibao_migration.credentials
  identity = {
    mount = "credentials"
  }
}
