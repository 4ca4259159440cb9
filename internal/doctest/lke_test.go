package doctest

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	"go.yaml.in/yaml/v3"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func lkeFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "lke", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// helmValues is the part of the values that the example rests on.
type helmValues struct {
	Global struct {
		TLSDisable bool `yaml:"tlsDisable"`
	}
	Server struct {
		Affinity     string
		Volumes      []volume
		Mounts       []map[string]any       `yaml:"volumeMounts"`
		AuditStorage struct{ Enabled bool } `yaml:"auditStorage"`
		DataStorage  struct{ Enabled bool } `yaml:"dataStorage"`
		HA           struct {
			Enabled  bool
			Replicas int
			APIAddr  string `yaml:"apiAddr"`
			Raft     struct {
				Enabled   bool
				SetNodeID bool `yaml:"setNodeId"`
				Config    string
			}
		}
	}
	SnapshotAgent struct {
		Enabled      bool
		Schedule     string
		ExtraVolumes []volume `yaml:"extraVolumes"`
		Config       struct {
			BaoAuthPath string `yaml:"baoAuthPath"`
			BaoRole     string `yaml:"baoRole"`
		}
	} `yaml:"snapshotAgent"`
}

type volume struct {
	Name   string
	Secret struct {
		SecretName string `yaml:"secretName"`
	}
}

// lkeServerConfig is the configuration of the server as OpenBao decodes it.
type lkeServerConfig struct {
	Listener map[string]struct {
		TLSDisable string `hcl:"tls_disable"`
		CertFile   string `hcl:"tls_cert_file"`
		KeyFile    string `hcl:"tls_key_file"`
	}
	Seal map[string]struct {
		CurrentKey string `hcl:"current_key"`
	}
	Storage map[string]struct {
		Path string
	}
}

// retryJoin is one address that a node joins by.
type retryJoin struct {
	Address    string `hcl:"leader_api_addr"`
	ServerName string `hcl:"leader_tls_servername"`
	CACertFile string `hcl:"leader_ca_cert_file"`
}

// retryJoins takes the blocks apart one by one, as OpenBao does: decoded as a
// list they would become one entry for each argument.
func retryJoins(t *testing.T, config string) []retryJoin {
	t.Helper()
	file, err := hcl.Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	var joins []retryJoin
	for _, storage := range file.Node.(*ast.ObjectList).Filter("storage", "raft").Items {
		for _, block := range storage.Val.(*ast.ObjectType).List.Filter("retry_join").Items {
			var join retryJoin
			if err := hcl.DecodeObject(&join, block.Val); err != nil {
				t.Fatal(err)
			}
			joins = append(joins, join)
		}
	}
	return joins
}

// auditFiles are the files of the declared audit devices, by type and path.
func auditFiles(t *testing.T, config string) map[string]string {
	t.Helper()
	file, err := hcl.Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, item := range file.Node.(*ast.ObjectList).Filter("audit").Items {
		var device struct {
			Options []struct {
				FilePath string `hcl:"file_path"`
			}
		}
		if err := hcl.DecodeObject(&device, item.Val); err != nil || len(item.Keys) != 2 || len(device.Options) != 1 {
			t.Fatalf("an audit device has %d labels, options %v: %v", len(item.Keys), device.Options, err)
		}
		files[item.Keys[0].Token.Text+"/"+item.Keys[1].Token.Text] = device.Options[0].FilePath
	}
	return files
}

// What the files of the example say of each other is true: a node for each
// address, a certificate for each name, a mount for each file, a policy for each
// role.
func TestLKE_FilesFitTogether(t *testing.T) {
	t.Parallel()
	var values helmValues
	if err := yaml.Unmarshal([]byte(lkeFile(t, "helm/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	server := values.Server
	if values.Global.TLSDisable || !server.HA.Enabled || server.HA.Replicas != 5 || !server.HA.Raft.Enabled || !server.HA.Raft.SetNodeID ||
		!server.DataStorage.Enabled || !server.AuditStorage.Enabled || !values.SnapshotAgent.Enabled || values.SnapshotAgent.Schedule == "" {
		t.Errorf("the values are %+v", values)
	}
	var affinity struct {
		PodAntiAffinity struct {
			Required []struct {
				TopologyKey   string `yaml:"topologyKey"`
				LabelSelector struct {
					MatchLabels map[string]string `yaml:"matchLabels"`
				} `yaml:"labelSelector"`
			} `yaml:"requiredDuringSchedulingIgnoredDuringExecution"`
		} `yaml:"podAntiAffinity"`
	}
	if err := yaml.Unmarshal([]byte(server.Affinity), &affinity); err != nil {
		t.Fatal(err)
	}
	if required := affinity.PodAntiAffinity.Required; len(required) != 1 || required[0].TopologyKey != "kubernetes.io/hostname" ||
		required[0].LabelSelector.MatchLabels["component"] != "server" || required[0].LabelSelector.MatchLabels["app.kubernetes.io/instance"] != "openbao" {
		t.Errorf("the affinity is %+v", affinity)
	}

	certificate := lkeCertificate(t)
	var config lkeServerConfig
	if err := hcl.Decode(&config, server.HA.Raft.Config); err != nil {
		t.Fatalf("the server's configuration: %v", err)
	}
	joins := retryJoins(t, server.HA.Raft.Config)
	if len(joins) != server.HA.Replicas {
		t.Fatalf("%d addresses to join for %d nodes", len(joins), server.HA.Replicas)
	}
	files := []string{config.Storage["raft"].Path}
	for i, join := range joins {
		host := fmt.Sprintf("openbao-%d.openbao-internal", i)
		if join.Address != "https://"+host+":8200" || join.ServerName != host || !certificate.names(host) {
			t.Errorf("node %d is joined as %v", i, join)
		}
		files = append(files, join.CACertFile)
	}
	if !strings.HasSuffix(server.HA.APIAddr, ".openbao-internal:8200") || !certificate.names("openbao-active.openbao.svc") || !certificate.names("localhost") {
		t.Errorf("the certificate has %v, the nodes call themselves %s", certificate.Spec.DNSNames, server.HA.APIAddr)
	}
	listener := config.Listener["tcp"]
	if listener.TLSDisable != "" {
		t.Error("TLS is off")
	}
	seal, _ := strings.CutPrefix(config.Seal["static"].CurrentKey, "file://")
	files = append(files, listener.CertFile, listener.KeyFile, seal)
	audit := auditFiles(t, server.HA.Raft.Config)
	if len(audit) != 2 {
		t.Errorf("the audit devices are %v", audit)
	}
	for _, file := range audit {
		if file != "stdout" {
			files = append(files, file)
		}
	}
	// The chart mounts its own two storages here.
	mounted := []string{"/openbao/data", "/openbao/audit"}
	for _, mount := range server.Mounts {
		at := slices.IndexFunc(server.Volumes, func(v volume) bool { return v.Name == mount["name"] })
		if at < 0 {
			t.Errorf("nothing is mounted at %v", mount["mountPath"])
			continue
		}
		mounted = append(mounted, fmt.Sprint(mount["mountPath"]))
		if secret := server.Volumes[at].Secret.SecretName; secret != certificate.Spec.SecretName && !strings.Contains(lkeFile(t, "README.md"), "secret generic "+secret+" ") {
			t.Errorf("nobody makes the secret %s", secret)
		}
	}
	for _, file := range files {
		if !slices.Contains(mounted, path.Dir(file)) && !slices.Contains(mounted, file) {
			t.Errorf("%s lies on no mount of %v", file, mounted)
		}
	}
	if got := values.SnapshotAgent.ExtraVolumes[0].Secret.SecretName; got != certificate.Spec.SecretName {
		t.Errorf("the snapshots trust %s", got)
	}
	if version := "0.29.2"; !strings.Contains(lkeFile(t, "README.md"), "--version "+version) || !strings.Contains(lkeFile(t, "helm/values.yaml"), "version "+version) {
		t.Error("the files are for different versions of the chart")
	}
}

type certificate struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		SecretName string   `yaml:"secretName"`
		DNSNames   []string `yaml:"dnsNames"`
	}
}

func (c certificate) names(host string) bool {
	_, domain, _ := strings.Cut(host, ".")
	return slices.Contains(c.Spec.DNSNames, host) || slices.Contains(c.Spec.DNSNames, "*."+domain)
}

func lkeCertificate(t *testing.T) certificate {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(lkeFile(t, "kubernetes/tls.yaml")))
	for {
		var document certificate
		if err := decoder.Decode(&document); err != nil {
			t.Fatalf("the certificate of the servers: %v", err)
		}
		if document.Kind == "Certificate" && document.Metadata.Name == "openbao-tls" {
			return document
		}
	}
}

// lkeConfiguration is the provider's part, without its provider block.
func lkeConfiguration(t *testing.T) string {
	t.Helper()
	before, rest, _ := strings.Cut(lkeFile(t, "openbao/main.tf"), "variable ")
	if !strings.Contains(before, "ca_cert_file = var.ca_cert_file") {
		t.Error("the provider does not check the authority of the cluster")
	}
	return "\nvariable " + rest + "\n" + lkeFile(t, "openbao/checks.tf")
}

// In the cluster, the address of the Kubernetes API is all that is written.
func TestLKE_PlanInTheCluster(t *testing.T) {
	t.Parallel()
	h := acctest.NewRaft(t)
	h.Secret("db", `{"password":"value"}`)
	h.Configure(lkeConfiguration(t))
	run := h.Plan(2, "-var=compartment_id="+h.OCI.CompartmentID)
	h.Contains(run, "11 to add, 0 to change, 0 to destroy", `+ "db" = "ocid1.vaultsecret.`, `kubernetes_host = "https://kubernetes.default.svc"`, "token_reviewer_jwt_set = false")
	h.Lacks(run, "kubernetes_ca_cert", "token_reviewer_jwt_wo_version")
}

// Applied, a pod and an application outside read the secrets, the snapshots' account
// takes a snapshot, nobody else gets in, and the next plan has nothing to do.
func TestLKE_Apply(t *testing.T) {
	t.Parallel()
	h := acctest.NewRaft(t)
	stand, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Secret("db", `{"password":"canary-of-db"}`)
	h.Configure(lkeConfiguration(t))
	h.Work.Env = append(h.Work.Env, "TF_VAR_compartment_id="+h.OCI.CompartmentID, "TF_VAR_voters=1", "TF_VAR_kubernetes_host="+stand.URL,
		"TF_VAR_kubernetes_ca_cert="+string(stand.CAPEM), "TF_VAR_token_reviewer_jwt="+stand.ReviewerToken, "TF_VAR_token_reviewer_jwt_version=1")
	h.Lacks(h.Apply(), "Warning")
	h.Lacks(h.Plan(0), "Warning")

	const secret = "credentials/data/db"
	pod := func(namespace, account, role string, audiences ...string) (int, string) {
		t.Helper()
		jwt, err := stand.Token(namespace, account, time.Hour, audiences...)
		if err != nil {
			t.Fatal(err)
		}
		return lkeLogin(h, "auth/kubernetes/login", map[string]string{"role": role, "jwt": jwt})
	}
	for _, account := range [][2]string{{"default", "app"}, {"default", "other"}, {"elsewhere", "app"}, {"openbao", "openbao-snapshot"}} {
		stand.AddServiceAccount(account[0], account[1])
	}
	status, token := pod("default", "app", "app", "openbao")
	lkeMay(h, "the pod", status, token, map[string]int{secret: http.StatusOK, "sys/storage/raft/snapshot": http.StatusForbidden})
	var values helmValues
	if err := yaml.Unmarshal([]byte(lkeFile(t, "helm/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	snapshots := values.SnapshotAgent.Config
	if snapshots.BaoAuthPath != "kubernetes" {
		t.Errorf("the snapshots log in at %s", snapshots.BaoAuthPath)
	}
	status, token = pod("openbao", "openbao-snapshot", snapshots.BaoRole)
	lkeMay(h, "the snapshots' job", status, token, map[string]int{secret: http.StatusForbidden, "sys/policies/acl/app": http.StatusForbidden})
	if granted := h.Operator(http.MethodPost, "sys/capabilities", map[string]any{"token": token, "paths": []string{"sys/storage/raft/snapshot"}}); fmt.Sprint(granted["capabilities"]) != "[read]" {
		t.Errorf("the snapshots' job may %v", granted["capabilities"])
	}
	for name, jwt := range map[string][]string{
		"another account": {"default", "other", "app", "openbao"}, "another namespace": {"elsewhere", "app", "app", "openbao"},
		"another audience": {"default", "app", "app"}, "the role of the snapshots": {"default", "app", snapshots.BaoRole},
	} {
		if status, _ := pod(jwt[0], jwt[1], jwt[2], jwt[3:]...); status == http.StatusOK {
			t.Errorf("%s was let in", name)
		}
	}

	_, unwrapped, err := h.Bao.Call(t.Context(), http.MethodPost, lkeOutput(h, "wrapping_token"), "sys/wrapping/unwrap", nil)
	if err != nil {
		t.Fatal(err)
	}
	secretID, _ := unwrapped["data"].(map[string]any)["secret_id"].(string)
	status, token = lkeLogin(h, "auth/approle/login", map[string]string{"role_id": lkeOutput(h, "role_id"), "secret_id": secretID})
	lkeMay(h, "the application outside", status, token, map[string]int{secret: http.StatusOK})

	leaks, files, err := acctest.ScanDir(h.Work.Dir, "canary-of-db", stand.ReviewerToken, secretID)
	if err != nil || files < 3 || len(leaks) > 0 {
		t.Errorf("%d files, %v: %v", files, err, leaks)
	}

	// The proof and the checks see what is not as it must be.
	const granted = "policy = data.ocibao_policy_document.app.hcl"
	config := lkeConfiguration(t)
	if strings.Count(config, granted) != 1 {
		t.Fatalf("where is %q?", granted)
	}
	h.Configure(strings.Replace(config, granted, `policy = "path \"sys/storage/raft/snapshot\" { capabilities = [\"read\"] }"`, 1))
	h.Contains(h.Apply("-var=voters=5"), "1 nodes vote, 5 should", secret+" must allow read, but its policies (app, default) grant nothing there", "sys/storage/raft/snapshot must not be readable, but is")
}

// lkeLogin logs in and returns the status and the token.
func lkeLogin(h *acctest.Harness, path string, credentials map[string]string) (int, string) {
	h.Helper()
	status, answer, err := h.Bao.Call(h.Context(), http.MethodPost, "", path, credentials)
	if err != nil {
		h.Fatal(err)
	}
	auth, _ := answer["auth"].(map[string]any)
	token, _ := auth["client_token"].(string)
	return status, token
}

// lkeMay expects that a login succeeded, and these answers to what its token reads.
func lkeMay(h *acctest.Harness, who string, status int, token string, reads map[string]int) {
	h.Helper()
	if status != http.StatusOK {
		h.Fatalf("the login of %s gave %d", who, status)
	}
	for path, want := range reads {
		if got, _, err := h.Bao.Call(h.Context(), http.MethodGet, token, path, nil); err != nil || got != want {
			h.Errorf("%s gets %d for %s, want %d, %v", who, got, path, want, err)
		}
	}
}

func lkeOutput(h *acctest.Harness, name string) string {
	h.Helper()
	return strings.TrimSpace(h.CLI("output", "-raw", name).Output)
}
