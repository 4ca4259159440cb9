terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }

  # Choose a backend that locks, such as s3 or http. The state holds no value of a
  # secret, but names, OCIDs and versions.
}

# Everything comes from the environment of the job: BAO_ADDR and BAO_TOKEN, and
# OCI_REGION, OCI_TENANCY_OCID, OCI_USER_OCID, OCI_FINGERPRINT, OCI_PRIVATE_KEY.
provider "ocibao" {}
