# By accessor: <mount>/<role name>/<accessor>. The configuration may set mount, role_name and wrapping_ttl.
terraform import ocibao_approle_secret_id.app approle/app/4a3c1f5e-1de1-7f4a-93f6-0d2b6a1c7a5e

# In a namespace below that of the provider: <namespace>//<mount>/<role name>/<accessor>.
terraform import ocibao_approle_secret_id.app team//approle/app/4a3c1f5e-1de1-7f4a-93f6-0d2b6a1c7a5e
