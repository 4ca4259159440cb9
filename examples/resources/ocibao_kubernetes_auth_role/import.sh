# By mount and name: <mount>/<role name>.
terraform import ocibao_kubernetes_auth_role.app kubernetes/app

# In a namespace below that of the provider: <namespace>//<mount>/<role name>.
terraform import ocibao_kubernetes_auth_role.app team//kubernetes/app
