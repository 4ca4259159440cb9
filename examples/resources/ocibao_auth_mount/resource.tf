# AppRole at its usual path, "approle".
resource "ocibao_auth_mount" "approle" {
  description = "Logins of applications"
}

# A second one, whose tokens are short-lived.
resource "ocibao_auth_mount" "jobs" {
  path              = "approle-jobs"
  type              = "approle"
  default_lease_ttl = "10m"
  max_lease_ttl     = "1h"
}
