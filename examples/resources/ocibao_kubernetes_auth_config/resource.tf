resource "ocibao_auth_mount" "kubernetes" {
  type = "kubernetes"
}

# The token of a service account that is bound to the cluster role system:auth-delegator.
# Neither plan nor state hold it.
variable "token_reviewer_jwt" {
  type      = string
  ephemeral = true
}

# The certificate of the cluster's API, in PEM: from its kubeconfig.
variable "kubernetes_ca_cert" {
  type = string
}

resource "ocibao_kubernetes_auth_config" "lke" {
  mount                         = ocibao_auth_mount.kubernetes.path
  kubernetes_host               = "https://203.0.113.7:6443"
  kubernetes_ca_cert            = var.kubernetes_ca_cert
  token_reviewer_jwt_wo         = var.token_reviewer_jwt
  token_reviewer_jwt_wo_version = 1 # raise it with each new value
}
