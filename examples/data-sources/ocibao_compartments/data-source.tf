# All compartments of the tenancy, and the tenancy itself.
data "ocibao_compartments" "all" {
  compartment_id            = var.tenancy_id
  compartment_id_in_subtree = true
}

# One by its path.
data "ocibao_secrets" "payments" {
  compartment_id = data.ocibao_compartments.all.ids["platform/payments"]
}

# The vaults of each, by "<path> <name>".
data "ocibao_vaults" "each" {
  for_each       = data.ocibao_compartments.all.ids
  compartment_id = each.value
}

output "vaults" {
  value = merge([
    for path, found in data.ocibao_vaults.each : { for name, id in found.ids : "${path} ${name}" => id }
  ]...)
}

variable "tenancy_id" {
  type        = string
  description = "OCID of the tenancy."
}
