# Each command gets a wrapping token of its own, as TF_VAR_wrapping_token: plan with
# -out, then apply the saved plan.
provider "ocibao" {
  openbao = {
    address = "https://bao.example.com:8200"
    auth_approle = {
      role_id        = var.role_id
      wrapping_token = var.wrapping_token
    }
  }
}

variable "role_id" {
  type        = string
  description = "Role ID of the pipeline."
}

variable "wrapping_token" {
  type        = string
  description = "Wrapping token of a secret ID of the pipeline."
  ephemeral   = true
}
