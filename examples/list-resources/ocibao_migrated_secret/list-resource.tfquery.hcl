# terraform query                                     lists what is not migrated yet
# terraform query -generate-config-out=generated.tf   writes resources and import blocks
list "ocibao_migrated_secret" "cloud" {
  provider = ocibao

  config {
    compartment_id            = "ocid1.compartment.oc1..aaaaaaaaexample"
    compartment_id_in_subtree = true
    name_regex                = "^cloud_"
    mount                     = "credentials"

    # cloud_provider_a becomes provider-a.
    rename = [
      { pattern = "^cloud_", replacement = "" },
      { pattern = "_", replacement = "-" },
    ]
  }
}
