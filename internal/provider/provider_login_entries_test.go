package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// entry is a way to log in, set up on a server with a role that may manage the policies
// made-*.
type entry struct {
	block    string            // of the openbao block
	env      []string          // variables of each run
	fresh    func() []string   // variables for one run only, where each needs its own
	canaries map[string]string // what must not get out
	logsIn   bool              // and so has a token of its own to revoke
}

// outside is a file that is not in the workspace, which is scanned for leaks.
func outside(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mayMake is the policy of all ways.
func mayMake(h *acctest.Harness, namespace string) {
	h.Operator(http.MethodPost, namespace+"sys/policies/acl/maker", map[string]any{
		"policy": `path "sys/policies/acl/made-*" { capabilities = ["create", "read", "update", "delete"] }`})
}

// byAppRole enables AppRole with a role app, and gives a maker of secret IDs.
func byAppRole(h *acctest.Harness) {
	mayMake(h, "")
	h.Operator(http.MethodPost, "sys/auth/approle", map[string]any{"type": "approle"})
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"role_id": "app-role", "token_policies": []string{"maker"}, "token_ttl": "1h"})
}

// wrappedSecretID makes a secret ID of the role app and wraps it.
func wrappedSecretID(h *acctest.Harness) string {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.Bao.Address+"/v1/"+secretIDPath, nil)
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("X-Vault-Token", acctest.RootToken)
	req.Header.Set("X-Vault-Wrap-TTL", "300")
	return wrapInfoToken(h, req)
}

// byJWT enables JWT with a key pair of the test's own, and gives a token of a
// pipeline.
func byJWT(h *acctest.Harness, namespace string, role map[string]any) string {
	h.Helper()
	issuer, err := acctest.NewTokenIssuer("https://ci.example.com")
	if err != nil {
		h.Fatal(err)
	}
	key, err := issuer.PublicKeyPEM()
	if err != nil {
		h.Fatal(err)
	}
	mayMake(h, namespace)
	h.Operator(http.MethodPost, namespace+"sys/auth/jwt", map[string]any{"type": "jwt"})
	h.Operator(http.MethodPost, namespace+"auth/jwt/config", map[string]any{"jwt_validation_pubkeys": []string{key}, "bound_issuer": issuer.URL})
	all := map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{"openbao"}, "bound_claims": map[string]any{"ref": "refs/heads/main"},
		"token_policies": []string{"maker"}, "token_ttl": "1h",
	}
	for field, value := range role {
		all[field] = value
	}
	h.Operator(http.MethodPost, namespace+"auth/jwt/role/pipeline", all)
	token, err := issuer.Sign(map[string]any{
		"sub": "repo:acme/platform:ref:refs/heads/main", "aud": "openbao", "ref": "refs/heads/main",
		"iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Minute).Unix(),
	})
	if err != nil {
		h.Fatal(err)
	}
	return token
}

// byKubernetes enables Kubernetes with a cluster, and gives the token of a pod.
func byKubernetes(h *acctest.Harness) string {
	h.Helper()
	cluster, err := acctest.StartKubernetes(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	cluster.AddServiceAccount("platform", "migration")
	token, err := cluster.Token("platform", "migration", time.Hour, "openbao")
	if err != nil {
		h.Fatal(err)
	}
	mayMake(h, "")
	h.Operator(http.MethodPost, "sys/auth/kubernetes", map[string]any{"type": "kubernetes"})
	h.Operator(http.MethodPost, "auth/kubernetes/config", map[string]any{
		"kubernetes_host": cluster.URL, "kubernetes_ca_cert": string(cluster.CAPEM), "token_reviewer_jwt": cluster.ReviewerToken, "disable_local_ca_jwt": true})
	h.Operator(http.MethodPost, "auth/kubernetes/role/migration", map[string]any{
		"bound_service_account_names": []string{"migration"}, "bound_service_account_namespaces": []string{"platform"}, "audience": "openbao",
		"token_policies": []string{"maker"}, "token_ttl": "1h"})
	return token
}

// byCert enables TLS certificates, and gives the files of a pair.
func byCert(t *testing.T, h *acctest.Harness) (certificate, key string) {
	t.Helper()
	authority, err := acctest.NewClientAuthority()
	if err != nil {
		t.Fatal(err)
	}
	mayMake(h, "")
	h.Operator(http.MethodPost, "sys/auth/cert", map[string]any{"type": "cert"})
	h.Operator(http.MethodPost, "auth/cert/certs/pipeline", map[string]any{
		"certificate": authority.CAPEM, "allowed_common_names": []string{"pipeline"}, "token_policies": []string{"maker"}, "token_ttl": "1h"})
	certificatePEM, keyPEM, err := authority.Issue("pipeline")
	if err != nil {
		t.Fatal(err)
	}
	return outside(t, certificatePEM), outside(t, keyPEM)
}

// byTokenFile makes a token as an agent would.
func byTokenFile(h *acctest.Harness) string {
	h.Helper()
	mayMake(h, "")
	auth, _ := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"maker"}, "ttl": "1h"})["auth"].(map[string]any)
	return fmt.Sprint(auth["client_token"])
}

var entries = map[string]func(t *testing.T, h *acctest.Harness) entry{
	"wrapped secret ID": func(_ *testing.T, h *acctest.Harness) entry {
		byAppRole(h)
		return entry{
			block: `auth_approle = { role_id = "app-role", wrapping_token = var.secret }`, logsIn: true,
			fresh: func() []string { return []string{"TF_VAR_secret=" + wrappedSecretID(h)} },
		}
	},
	"JWT of the environment": func(_ *testing.T, h *acctest.Harness) entry {
		token := byJWT(h, "", nil)
		return entry{
			block: `auth_jwt = { role = "pipeline" }`, env: []string{"TERRAFORM_VAULT_AUTH_JWT=" + token}, logsIn: true,
			canaries: map[string]string{"JWT": token},
		}
	},
	"JWT of a variable": func(_ *testing.T, h *acctest.Harness) entry {
		token := byJWT(h, "", nil)
		return entry{
			block: `auth_jwt = { role = "pipeline", jwt = var.secret }`, env: []string{"TF_VAR_secret=" + token}, logsIn: true,
			canaries: map[string]string{"JWT": token},
		}
	},
	"JWT of a file": func(t *testing.T, h *acctest.Harness) entry {
		token := byJWT(h, "", nil)
		return entry{
			block: fmt.Sprintf(`auth_jwt = { role = "pipeline", jwt_file = %q }`, outside(t, token+"\n")), logsIn: true,
			canaries: map[string]string{"JWT": token},
		}
	},
	"batch tokens": func(_ *testing.T, h *acctest.Harness) entry {
		token := byJWT(h, "", map[string]any{"token_type": "batch"})
		return entry{
			block: `auth_jwt = { role = "pipeline", jwt = var.secret }`, env: []string{"TF_VAR_secret=" + token},
			canaries: map[string]string{"JWT": token},
		}
	},
	"Kubernetes": func(t *testing.T, h *acctest.Harness) entry {
		token := byKubernetes(h)
		return entry{
			block: fmt.Sprintf(`auth_kubernetes = { role = "migration", token_file = %q }`, outside(t, token)), logsIn: true,
			canaries: map[string]string{"service account token": token},
		}
	},
	"token file": func(t *testing.T, h *acctest.Harness) entry {
		token := byTokenFile(h)
		return entry{
			block:    fmt.Sprintf(`auth_token_file = { path = %q }`, outside(t, token+"\n")),
			canaries: map[string]string{"token": token},
		}
	},
}

// enter writes a configuration with this way to log in; the environment has a token
// that must not be used.
func enter(h *acctest.Harness, block, config string) {
	h.Helper()
	h.Configure(config + `
variable "secret" {
  type      = string
  ephemeral = true
  default   = null
}
`)
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), "openbao = {", "openbao = {\n    "+block, 1))
}

// makesNoLastingToken expects that no token is there that was not there before. A
// wrapping token that was used may go a moment later.
func makesNoLastingToken(h *acctest.Harness, before []string) {
	h.Helper()
	for _, accessor := range liveTokens(h) {
		if !slices.Contains(before, accessor) {
			h.Errorf("a token is left: %s", accessor)
		}
	}
}
