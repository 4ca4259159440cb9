# The job that applies. In OCI also:
#   Allow group ocibao-apply to read secret-bundles in compartment platform
path "credentials/data/*" {
  capabilities = ["create", "update", "read"]
}

path "credentials/metadata/*" {
  capabilities = ["read", "patch"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
