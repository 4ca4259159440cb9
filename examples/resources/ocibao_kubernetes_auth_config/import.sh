# By the path of the mount, without auth/. A token of a reviewer counts as version 1.
terraform import ocibao_kubernetes_auth_config.lke kubernetes

# In a namespace below that of the provider: <namespace>//<mount>.
terraform import ocibao_kubernetes_auth_config.lke team//kubernetes
