# What carries the ownership mark already (KV v2): <mount>/<name>.
terraform import ocibao_migrated_secret.provider_a credentials/provider-a

# What was copied by other means: <secret OCID>,<mount>/<name> follows the stage CURRENT.
terraform import ocibao_migrated_secret.provider_b ocid1.vaultsecret.oc1.eu-frankfurt-1.amaaaaaaexample,credentials/provider-b

# The same, pinned to a version: <secret OCID>@<version number>,<mount>/<name>.
terraform import ocibao_migrated_secret.provider_a ocid1.vaultsecret.oc1.eu-frankfurt-1.amaaaaaaexample@3,credentials/provider-a
