resource "ocibao_policy" "app" {
  name   = "app"
  policy = data.ocibao_policy_document.app.hcl
}

resource "ocibao_approle" "app" {
  name           = "app"
  token_policies = [ocibao_policy.app.name]
}

# After each apply it is shown that the application reads its secret, and not
# those of others.
data "ocibao_approle_access" "app" {
  role_name     = ocibao_approle.app.name
  must_read     = [ocibao_migrated_secret.app.acl_path]
  must_not_read = [ocibao_migrated_secret.other.acl_path, "sys/policies/acl/app"]
  depends_on    = [ocibao_policy.app, ocibao_approle.app, ocibao_migrated_secret.app]
}

check "app_has_least_privilege" {
  assert {
    condition     = data.ocibao_approle_access.app.ok
    error_message = join("\n", data.ocibao_approle_access.app.violations)
  }
}
