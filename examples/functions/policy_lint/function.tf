locals {
  # This opens the whole mount, where two secrets are needed.
  policy = <<-EOT
    path "credentials/*" {
      capabilities = ["read"]
    }
  EOT

  findings = provider::ocibao::policy_lint(
    local.policy,
    { credentials = 2 },
    ["credentials/data/provider-a", "credentials/data/provider-b"],
  )
}

# Warn in every plan while the policy grants more than it needs to.
check "policy" {
  assert {
    condition     = length(local.findings) == 0
    error_message = join("\n", [for each in local.findings : "line ${each.line}: ${each.message}"])
  }
}
