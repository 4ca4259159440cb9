# By mount and name: <mount>/<role name>.
terraform import ocibao_approle.app approle/app

# In a namespace below that of the provider: <namespace>//<mount>/<role name>.
terraform import ocibao_approle.app team//approle/app
