# A secret that this configuration migrates, read once it is there: its version is
# known only then.
ephemeral "ocibao_kv_secret" "database" {
  mount   = ocibao_migrated_secret.database.mount
  name    = ocibao_migrated_secret.database.name
  version = ocibao_migrated_secret.database.kv_version
}

# Its fields are for the settings of providers and for write-only arguments.
provider "postgresql" {
  host     = "db.example.com"
  username = ephemeral.ocibao_kv_secret.database.data["username"]
  password = ephemeral.ocibao_kv_secret.database.data["password"]
}
