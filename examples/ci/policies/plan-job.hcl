# Plans and the nightly look for drift: versions, times and ownership marks. No
# right on credentials/data/*, so no right to a value. In OCI:
#   Allow group ocibao-plan to read secrets in compartment platform
path "credentials/metadata/*" {
  capabilities = ["read", "list"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
