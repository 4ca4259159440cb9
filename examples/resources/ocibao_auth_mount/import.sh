# By path, without auth/.
terraform import ocibao_auth_mount.approle approle

# In a namespace below that of the provider: <namespace>//<path>.
terraform import ocibao_auth_mount.approle team//approle
