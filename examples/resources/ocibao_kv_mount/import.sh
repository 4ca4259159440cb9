# By path.
terraform import ocibao_kv_mount.credentials credentials

# In a namespace below that of the provider: <namespace>//<path>.
terraform import ocibao_kv_mount.credentials team//credentials
