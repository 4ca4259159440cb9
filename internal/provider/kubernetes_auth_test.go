package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// withKubernetes is a harness with the auth method enabled, and a cluster that
// reviews tokens.
func withKubernetes(t *testing.T) (*acctest.Harness, *acctest.Kubernetes) {
	t.Helper()
	h := started(t)
	h.Operator(http.MethodPost, "sys/auth/kubernetes", map[string]any{"type": "kubernetes"})
	cluster, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_host="+cluster.URL, "TF_VAR_ca="+string(cluster.CAPEM), "TF_VAR_reviewer="+cluster.ReviewerToken)
	return h, cluster
}

const clusterVariables = `
variable "host" { type = string }
variable "ca" { type = string }
variable "reviewer" {
  type      = string
  ephemeral = true
}
`

const reviewer = "token_reviewer_jwt_wo = var.reviewer\n  token_reviewer_jwt_wo_version = 1"

// kubernetesConfig is the configuration of the auth method for the cluster.
func kubernetesConfig(extra ...string) string {
	return clusterVariables + block("ocibao_kubernetes_auth_config", append([]string{`kubernetes_host = var.host`, `kubernetes_ca_cert = var.ca`}, extra...)...)
}

// pods is the role "app" for the service account default/app.
func pods(extra ...string) string {
	return block("ocibao_kubernetes_auth_role", append([]string{`name = "app"`, `bound_service_account_names = ["app"]`}, extra...)...)
}

const inDefault = `bound_service_account_namespaces = ["default"]`

// podLogin logs in as a pod of a service account does, and returns the status and
// the token.
func podLogin(h *acctest.Harness, cluster *acctest.Kubernetes, namespace, account string) (int, string) {
	h.Helper()
	jwt, err := cluster.Token(namespace, account, time.Hour)
	if err != nil {
		h.Fatal(err)
	}
	status, answer, err := h.Bao.Call(h.Context(), http.MethodPost, "", "auth/kubernetes/login", map[string]string{"role": "app", "jwt": jwt})
	if err != nil {
		h.Fatal(err)
	}
	auth, _ := answer["auth"].(map[string]any)
	token, _ := auth["client_token"].(string)
	return status, token
}

// A pod of the service account that the role names logs in and reads what was
// migrated; another account and another namespace are refused.
func TestKubernetesAuth_PodReadsAMigratedSecret(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	stand, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_host="+stand.URL, "TF_VAR_ca="+string(stand.CAPEM), "TF_VAR_reviewer="+stand.ReviewerToken)
	for _, account := range [][2]string{{"default", "app"}, {"default", "other"}, {"elsewhere", "app"}} {
		stand.AddServiceAccount(account[0], account[1])
	}
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(clusterVariables + fmt.Sprintf(`
resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migrated_secret" "a" {
  secret_id = %q
  mount     = ocibao_kv_mount.credentials.path
  name      = "provider-a"
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"${ocibao_migrated_secret.a.acl_path}\" { capabilities = [\"read\"] }"
}

resource "ocibao_auth_mount" "kubernetes" {
  type          = "kubernetes"
  max_lease_ttl = "12h"
}

resource "ocibao_kubernetes_auth_config" "cluster" {
  mount                         = ocibao_auth_mount.kubernetes.path
  kubernetes_host               = var.host
  kubernetes_ca_cert            = var.ca
  token_reviewer_jwt_wo         = var.reviewer
  token_reviewer_jwt_wo_version = 1
}

resource "ocibao_kubernetes_auth_role" "app" {
  mount                            = ocibao_kubernetes_auth_config.cluster.mount
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["default"]
  token_policies                   = [ocibao_policy.app.name]
  token_ttl                        = "20m"
}
`, id))
	h.Plan(2, "-out=saved.tfplan")
	settles(h)
	status, token := podLogin(h, stand, "default", "app")
	if status != http.StatusOK {
		t.Fatalf("the pod's login gave %d", status)
	}
	read, answer, err := h.Bao.Call(t.Context(), http.MethodGet, token, "credentials/data/provider-a", nil)
	if err != nil || read != http.StatusOK || !strings.Contains(fmt.Sprint(answer["data"]), "data:map[") {
		t.Errorf("the pod read %d, %v", read, err)
	}
	for _, account := range [][2]string{{"default", "other"}, {"elsewhere", "app"}} {
		if status, _ := podLogin(h, stand, account[0], account[1]); status == http.StatusOK {
			t.Errorf("%v was let in", account)
		}
	}
	leaks, files, err := acctest.ScanDir(h.Work.Dir, stand.ReviewerToken)
	if err != nil || files < 4 || len(leaks) > 0 {
		t.Errorf("%d files, %v: %v", files, err, leaks)
	}
}

func TestKubernetesConfig_Lifecycle(t *testing.T) {
	h, _ := withKubernetes(t)
	const path = "auth/kubernetes/config"
	h.Configure(kubernetesConfig())
	h.Contains(h.Plan(2), "will be created", `mount = "kubernetes"`, "disable_iss_validation = true", "token_reviewer_jwt_set = false")
	settles(h)
	imports(h, "ocibao_kubernetes_auth_config.this", "kubernetes")
	adopts(h)
	updatesInPlace(h, kubernetesConfig, []change{
		{`issuer = "cluster"`, `issuer = "cluster"`, path, "issuer", `"cluster"`},
		{`disable_iss_validation = false`, `disable_iss_validation = true -> false`, path, "disable_iss_validation", "false"},
		{`disable_local_ca_jwt = true`, `disable_local_ca_jwt = false -> true`, path, "disable_local_ca_jwt", "true"},
		{`pem_keys = [var.ca]`, `pem_keys = [`, path, "disable_local_ca_jwt", "true"},
	})
	// Whatever somebody edits is named and set back.
	other, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	drifts(h, path, map[string]any{"kubernetes_host": "https://192.0.2.1:6443", "kubernetes_ca_cert": string(other.CAPEM), "issuer": "by hand", "disable_iss_validation": false,
		"disable_local_ca_jwt": true, "pem_keys": []string{string(other.CAPEM)}}, `kubernetes_host = "https://192.0.2.1:6443" ->`, `~ kubernetes_ca_cert = `, `- issuer = "by hand" -> null`,
		`disable_iss_validation = false -> true`, `disable_local_ca_jwt = true -> false`, `~ pem_keys = [ - <<-EOT`)
	h.Contains(h.CLI("plan", "-destroy"), "The Kubernetes configuration stays")
	h.Configure(clusterVariables + block("ocibao_kubernetes_auth_config", `kubernetes_host = var.host`))
	if hasNamespaces(h) {
		h.ApplyFails("Unable to update Kubernetes auth configuration kubernetes", "no such file or directory", "Set kubernetes_ca_cert: only an OpenBao that runs in a pod has one of its own")
	}
	replaces(h, map[string]string{"mount": kubernetesConfig(`mount = "other"`), "namespace": kubernetesConfig(`namespace = "team"`)})
	h.Configure(kubernetesConfig())
	destroys(h)
}

// The token of the reviewer goes in by a write-only argument, is written with its
// version, and stays when other settings change.
func TestKubernetesConfig_Reviewer(t *testing.T) {
	h, stand := withKubernetes(t)
	stand.AddServiceAccount("default", "app")
	h.Operator(http.MethodPost, "auth/kubernetes/role/app", map[string]any{"bound_service_account_names": "app", "bound_service_account_namespaces": "default"})
	lets := func(want bool) {
		t.Helper()
		if status, _ := podLogin(h, stand, "default", "app"); (status == http.StatusOK) != want {
			t.Errorf("the pod's login gave %d", status)
		}
	}
	h.Configure(kubernetesConfig())
	settles(h)
	lets(false) // the pod's own token may not review
	h.Configure(kubernetesConfig(reviewer))
	h.Contains(h.Plan(2), "+ token_reviewer_jwt_wo_version = 1", "token_reviewer_jwt_set = false -> true", "1 to change")
	settles(h)
	lets(true)
	imports(h, "ocibao_kubernetes_auth_config.this", "kubernetes")
	h.Configure(kubernetesConfig(reviewer, `issuer = "cluster"`))
	settles(h)
	lets(true)
	if hasNamespaces(h) {
		drifts(h, "auth/kubernetes/config", map[string]any{"kubernetes_host": stand.URL, "kubernetes_ca_cert": string(stand.CAPEM), "issuer": "cluster"},
			"token_reviewer_jwt_set = false -> true")
		lets(true)
	}
	mayNot, err := stand.Token("default", "app", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_reviewer="+mayNot)
	h.Plan(0)
	h.Configure(kubernetesConfig(strings.Replace(reviewer, "= 1", "= 2", 1), `issuer = "cluster"`))
	h.Contains(h.Plan(2), "token_reviewer_jwt_wo_version = 1 -> 2")
	h.Apply()
	lets(false)
	h.Configure(kubernetesConfig(`issuer = "cluster"`))
	h.Contains(h.Plan(2), "token_reviewer_jwt_set = true -> false")
	settles(h)
}

func TestKubernetesConfig_Conflict(t *testing.T) {
	h, stand := withKubernetes(t)
	h.Configure(kubernetesConfig())
	losesAnswer(h, "auth/kubernetes/config")
	loseState(h)
	h.Operator(http.MethodPost, "auth/kubernetes/config", map[string]any{"kubernetes_host": "https://192.0.2.1", "kubernetes_ca_cert": string(stand.CAPEM)})
	h.Proxy.Reset()
	h.ApplyFails("Unable to create Kubernetes auth configuration kubernetes", "is configured already", "Nothing was overwritten",
		`Import the configuration with the ID "kubernetes"`, `on_conflict = "overwrite"`)
	wrote(h)
	h.Configure(kubernetesConfig(`on_conflict = "overwrite"`))
	settles(h)
	becomes(h, `path "auth/kubernetes/login" { capabilities = ["update"] }`)
	h.Contains(h.Plan(1), "Unable to read Kubernetes auth configuration kubernetes", `path "auth/kubernetes/config"`, `capabilities = ["read"]`)
}

func TestKubernetesConfig_Namespace(t *testing.T) {
	h, _ := withKubernetes(t)
	config := kubernetesConfig(`namespace = "sub"`, `mount = "k8s"`)
	if hasNamespaces(h) {
		h.Operator(http.MethodPost, "sys/namespaces/sub", nil)
		h.Operator(http.MethodPost, "sub/sys/auth/k8s", map[string]any{"type": "kubernetes"})
		h.Configure(config)
		settles(h)
		imports(h, "ocibao_kubernetes_auth_config.this", "sub//k8s")
		return
	}
	h.Configure(config)
	h.ApplyFails(`Create the namespace "sub"`)
}

func TestKubernetesRole_Lifecycle(t *testing.T) {
	h, _ := withKubernetes(t)
	const path = "auth/kubernetes/role/app"
	h.Configure(pods(inDefault))
	h.Contains(h.Plan(2), "will be created", `mount = "kubernetes"`, `alias_name_source = "serviceaccount_uid"`, `token_ttl = "0s"`)
	settles(h)
	imports(h, "ocibao_kubernetes_auth_role.this", "kubernetes/app")
	adopts(h)
	vanished(h, path)
	base := func(extra ...string) string { return pods(append(extra, inDefault)...) }
	updatesInPlace(h, base, []change{
		{`audience = "openbao"`, `audience = "openbao"`, path, "audience", `"openbao"`},
		{`alias_name_source = "serviceaccount_name"`, `alias_name_source = "serviceaccount_uid" -> "serviceaccount_name"`, path, "alias_name_source", `"serviceaccount_name"`},
		{`token_ttl = "20m"`, `token_ttl = "0s" -> "20m"`, path, "token_ttl", "1200"},
		{`token_max_ttl = "1h"`, `token_max_ttl = "0s" -> "1h"`, path, "token_max_ttl", "3600"},
		{`token_policies = ["app"]`, `+ "app"`, path, "token_policies", `["app"]`},
		{`token_bound_cidrs = ["10.0.0.0/8"]`, `+ "10.0.0.0/8"`, path, "token_bound_cidrs", `["10.0.0.0/8"]`},
		{`token_no_default_policy = true`, `token_no_default_policy = false -> true`, path, "token_no_default_policy", "true"},
		{`token_num_uses = 9`, `token_num_uses = 0 -> 9`, path, "token_num_uses", "9"},
		{`token_type = "service"`, `token_type = "default" -> "service"`, path, "token_type", `"service"`},
		{`token_explicit_max_ttl = "2h"`, `token_explicit_max_ttl = "0s" -> "2h"`, path, "token_explicit_max_ttl", "7200"},
		{`token_period = "1h"`, `token_period = "0s" -> "1h"`, path, "token_period", "3600"},
	})
	// Whatever somebody edits is named and set back.
	h.Operator(http.MethodPost, path, map[string]any{"bound_service_account_names": []string{"app", "admin"}, "bound_service_account_namespaces": "*", "audience": "other",
		"alias_name_source": "serviceaccount_name", "token_ttl": "9h", "token_max_ttl": "10h", "token_explicit_max_ttl": "11h", "token_period": "1h",
		"token_policies": "admin", "token_bound_cidrs": "10.0.0.0/8", "token_no_default_policy": true, "token_num_uses": 9, "token_type": "service"})
	h.Contains(h.Plan(2), `- "admin",`, `- "*",`, `audience = "other" -> null`, `alias_name_source = "serviceaccount_name" -> "serviceaccount_uid"`, `token_ttl = "9h" -> "0s"`,
		`token_max_ttl = "10h" -> "0s"`, `token_explicit_max_ttl = "11h" -> "0s"`, `token_period = "1h" -> "0s"`, `token_policies = [ - "admin",`,
		`token_bound_cidrs = [ - "10.0.0.0/8",`, `token_no_default_policy = true -> false`, `token_num_uses = 9 -> 0`, `token_type = "service" -> "default"`, "1 to change")
	settles(h)
	expectServer(h, path, "bound_service_account_names", `["app"]`)
	expectServer(h, path, "bound_service_account_namespaces", `["default"]`)
	replaces(h, map[string]string{
		"name":      strings.Replace(pods(inDefault), `"app"`, `"other"`, 1),
		"mount":     pods(inDefault, `mount = "other"`),
		"namespace": pods(inDefault, `namespace = "team"`),
	})
	h.Configure(pods(inDefault))
	destroys(h, "DELETE "+path)
}

// What OpenBao alone knows is refused where it would be dropped in silence.
func TestKubernetesRole_OpenBaoOnly(t *testing.T) {
	h, _ := withKubernetes(t)
	selector := `bound_service_account_namespace_selector = jsonencode({ matchLabels = { team = "payments" } })`
	for _, limit := range []string{"token_strictly_bind_ip = true", selector} {
		h.Configure(pods(inDefault, limit))
		if hasNamespaces(h) {
			settles(h)
			continue
		}
		h.ApplyFails("Unable to create Kubernetes role kubernetes/app", "the server ignores "+strings.Fields(limit)[0], "which OpenBao alone knows")
		if h.Data("auth/kubernetes/role/app") != nil {
			t.Error("the role was left behind")
		}
	}
	if hasNamespaces(h) {
		drifts(h, "auth/kubernetes/role/app", map[string]any{"bound_service_account_namespace_selector": ""}, "+ bound_service_account_namespace_selector = ")
		h.Configure(pods(selector))
		settles(h)
	}
}

func TestKubernetesRole_Conflict(t *testing.T) {
	h, _ := withKubernetes(t)
	h.Configure(pods(inDefault))
	losesAnswer(h, "auth/kubernetes/role/app")
	loseState(h)
	h.Operator(http.MethodPost, "auth/kubernetes/role/app", map[string]any{"token_ttl": "5m"})
	h.Proxy.Reset()
	h.ApplyFails("Unable to create Kubernetes role kubernetes/app", "a role of this name exists", "Nothing was overwritten",
		`Import the role with the ID "kubernetes/app"`, `on_conflict = "overwrite"`, "another name")
	wrote(h)
	h.Configure(pods(inDefault, `on_conflict = "overwrite"`))
	settles(h)
	expectServer(h, "auth/kubernetes/role/app", "token_ttl", "0")
	for _, id := range []string{"app", "kubernetes/", "/app"} {
		h.Contains(h.CLI("import", "ocibao_kubernetes_auth_role.this", id), "such as kubernetes/app")
	}
	becomes(h, `path "auth/kubernetes/login" { capabilities = ["update"] }`)
	h.Contains(h.Plan(1), "Unable to read Kubernetes role kubernetes/app", `path "auth/kubernetes/role/app"`, `capabilities = ["read"]`)
}

func TestKubernetes_BadInput(t *testing.T) {
	h := started(t)
	config := func(extra ...string) string {
		return block("ocibao_kubernetes_auth_config", append([]string{`kubernetes_host = "https://192.0.2.1"`}, extra...)...)
	}
	refuses(h, map[string]refusal{
		"no PEM":            {config(`kubernetes_ca_cert = "/etc/ca.crt"`), []string{"Invalid PEM", "-----BEGIN", "file()"}},
		"no PEM key":        {config(`pem_keys = ["key"]`), []string{"Invalid PEM"}},
		"no certificate":    {config(`disable_local_ca_jwt = true`), []string{"No certificate of the Kubernetes API", "kubernetes_ca_cert"}},
		"no version":        {config(`token_reviewer_jwt_wo = "x"`), []string{`"token_reviewer_jwt_wo_version" must be specified`}},
		"no token":          {config(`token_reviewer_jwt_wo_version = 1`), []string{`"token_reviewer_jwt_wo" must be specified`}},
		"no host":           {block("ocibao_kubernetes_auth_config", `kubernetes_host = ""`), []string{"at least 1"}},
		"config mount":      {config(`mount = "a/"`), []string{"Invalid mount path"}},
		"no namespaces":     {pods(), []string{"No Kubernetes namespaces", "bound_service_account_namespace_selector"}},
		"any and another":   {pods(`bound_service_account_namespaces = ["*", "default"]`), []string{`"*" stands alone`}},
		"no accounts":       {block("ocibao_kubernetes_auth_role", `name = "app"`, `bound_service_account_names = []`, inDefault), []string{"at least 1"}},
		"role name":         {strings.Replace(pods(inDefault), `"app"`, `"a/b"`, 1), []string{"Invalid role name"}},
		"alias name source": {pods(inDefault, `alias_name_source = "uid"`), []string{`"serviceaccount_uid" "serviceaccount_name"`}},
		"TTL":               {pods(inDefault, `token_ttl = "2h"`, `token_max_ttl = "1h"`), []string{"token_ttl is 2h, but token_max_ttl is 1h"}},
	})
}
