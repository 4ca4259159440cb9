# A secret that this configuration migrates, read once it is there: its version is
# known only then.
ephemeral "ocibao_kv_secret" "operator" {
  mount   = ocibao_migrated_secret.operator.mount
  name    = ocibao_migrated_secret.operator.name
  version = ocibao_migrated_secret.operator.kv_version
}

# Its fields are for the settings of providers, such as the password of a database,
# and for write-only arguments.
provider "ocibao" {
  alias = "operator"

  openbao = {
    address = "https://bao.example.com:8200"
    token   = ephemeral.ocibao_kv_secret.operator.data["token"]
  }
}
