package doctest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

// The provider's part plans, and the script uses what it makes.
func TestLKE_Plan(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.Secret("db", `{"password":"value"}`)
	config := lkeFile(t, "openbao/main.tf")
	before, rest, _ := strings.Cut(config, "variable ")
	if !strings.Contains(before, "ca_cert_file = var.ca_cert_file") {
		t.Error("the provider does not check the authority of the cluster")
	}
	h.Configure("\nvariable " + rest)
	run := h.Plan(2, "-var=compartment_id="+h.OCI.CompartmentID)
	h.Contains(run, "8 to add, 0 to change, 0 to destroy", `+ "db" = "ocid1.vaultsecret.`)
	script := lkeFile(t, "kubernetes-auth.sh")
	for _, policy := range []string{"app", "snapshot"} {
		h.Contains(run, fmt.Sprintf("+ name = %q", policy))
		if !strings.Contains(script, "token_policies="+policy+" ") {
			t.Errorf("no service account gets the policy %s", policy)
		}
	}
	var values helmValues
	if err := yaml.Unmarshal([]byte(lkeFile(t, "helm/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	if login := values.SnapshotAgent.Config; !strings.Contains(script, "auth/"+login.BaoAuthPath+"/role/"+login.BaoRole+" ") ||
		!strings.Contains(config, fmt.Sprintf("path        = %q", login.BaoAuthPath)) {
		t.Errorf("nobody lets the snapshots log in: %+v", login)
	}
}
