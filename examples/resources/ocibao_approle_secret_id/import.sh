# By accessor: <mount>/<role name>/<accessor>. A secret ID that was given by secret_id_wo counts as version 1.
terraform import ocibao_approle_secret_id.app approle/app/4a3c1f5e-1de1-7f4a-93f6-0d2b6a1c7a5e

# In a namespace below that of the provider: <namespace>//<mount>/<role name>/<accessor>.
terraform import ocibao_approle_secret_id.app team//approle/app/4a3c1f5e-1de1-7f4a-93f6-0d2b6a1c7a5e
