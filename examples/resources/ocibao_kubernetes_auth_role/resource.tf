# Pods that run as the service account "app" of the namespace "payments" get what the policy allows.
resource "ocibao_kubernetes_auth_role" "app" {
  mount                            = "kubernetes"
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["payments"]
  audience                         = "openbao"
  token_policies                   = ["read-provider-a"]
  token_ttl                        = "20m"
  token_max_ttl                    = "1h"
}
