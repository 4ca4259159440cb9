# The inventory: names and version numbers, no contents.
data "ocibao_secrets" "all" {
  compartment_id = var.compartment_id
  name_regex     = "^cloud_"
}

resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

# Renaming and excluding are for expressions; the plan shows a line per secret.
resource "ocibao_migration" "credentials" {
  mount = ocibao_kv_mount.credentials.path
  secrets = {
    for name, pin in data.ocibao_secrets.all.pins :
    replace(trimprefix(name, "cloud_"), "_", "-") => pin
    if name != "cloud_legacy"
  }
}

# A pull request fails on what apply cannot put right.
check "nothing_drifted" {
  assert {
    condition     = length(ocibao_migration.credentials.drift) == 0
    error_message = "Drift: ${jsonencode(ocibao_migration.credentials.drift)}"
  }
}
