# The path of a KV v2 mount. The ownership marks there tell which secrets were migrated.
terraform import ocibao_migration.credentials credentials
