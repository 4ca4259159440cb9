# With the OCID of the source, the secret need not be in OpenBao yet: the plan then
# shows drift = "destination_missing" -> "none", and apply copies it.
import {
  to = ocibao_migrated_secret.provider_b
  identity = {
    mount     = "credentials"
    name      = "provider-b"
    secret_id = "ocid1.vaultsecret.oc1.eu-frankfurt-1.amaaaaaaexample" # may be left out where the ownership mark names it
  }
}
