# By name.
terraform import ocibao_policy.read_provider_a read-provider-a

# In a namespace below that of the provider: <namespace>//<name>.
terraform import ocibao_policy.read_provider_a team//read-provider-a
