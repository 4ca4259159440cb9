package doctest

import (
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// Every ACL policy is accepted by the server.
func TestPolicies_AreAccepted(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	for i, b := range documented(t) {
		if b.what() != aclPolicy {
			continue
		}
		status, answer, err := h.Bao.Call(t.Context(), http.MethodPost, "", fmt.Sprintf("sys/policies/acl/p%d", i), map[string]any{"policy": b.text})
		if err != nil || status >= 300 {
			t.Errorf("%v: %d %v %v\n%s", b, status, answer, err, b.text)
		}
	}
}

// serverKeys are the settings of OpenBao's configuration that the documentation
// may use, by stanza; those outside of any stanza are under "".
var serverKeys = map[string][]string{
	"":           {"api_addr", "cluster_addr", "listener", "storage", "audit"},
	"listener":   {"tcp", "address", "cluster_address", "tls_cert_file", "tls_key_file", "tls_min_version", "max_request_json_strings"},
	"storage":    {"raft", "path", "node_id", "retry_join"},
	"retry_join": {"leader_api_addr", "leader_ca_cert_file"},
	"audit":      {"file", "description", "options"},
	"options":    {"file_path"},
}

// Every part of a server's configuration can be read, and has settings that
// OpenBao knows.
func TestServerConfigurations_AreKnown(t *testing.T) {
	t.Parallel()
	for _, b := range documented(t) {
		if b.what() != serverConfig {
			continue
		}
		var config map[string]any
		if err := hcl.Decode(&config, b.text); err != nil {
			t.Errorf("%v: %v", b, err)
		}
		for _, key := range unknownKeys("", config) {
			t.Errorf("%v: %s is not known to the tests", b, key)
		}
	}
}

// unknownKeys are the settings of a stanza that serverKeys does not have. The
// first label of a stanza, such as tcp, stands between it and its settings.
func unknownKeys(stanza string, config map[string]any) []string {
	var unknown []string
	for key, value := range config {
		if inner, labelled := value.([]map[string]any); labelled && slices.Contains(serverKeys[stanza], key) || labelled && stanza != "" && serverKeys[key] == nil {
			within := key
			if serverKeys[key] == nil {
				within = stanza
			}
			for _, each := range inner {
				unknown = append(unknown, unknownKeys(within, each)...)
			}
			continue
		}
		if !slices.Contains(serverKeys[stanza], key) {
			unknown = append(unknown, strings.TrimPrefix(stanza+"."+key, "."))
		}
	}
	return unknown
}

func TestServerConfigurations_RefusesWhatItShould(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"listener \"tcp\" {\n  addresses = \"x\"\n}\n", "storag \"raft\" {\n  path = \"x\"\n}\n", "storage \"raft\" {\n  retry_join {\n    leader = \"x\"\n  }\n}\n",
	} {
		var config map[string]any
		if err := hcl.Decode(&config, text); err != nil {
			t.Fatal(err)
		}
		if len(unknownKeys("", config)) == 0 {
			t.Errorf("nothing is unknown in:\n%s", text)
		}
	}
}

// Every CLI configuration is read without a complaint.
func TestCLIConfigurations_AreRead(t *testing.T) {
	t.Parallel()
	for _, b := range documented(t) {
		if b.what() != cliConfig {
			continue
		}
		work := workspace(t, t.TempDir())
		if err := work.Write("main.tf", ""); err != nil {
			t.Fatal(err)
		}
		if err := work.Write("doc.tfrc", b.text); err != nil {
			t.Fatal(err)
		}
		work.Prepare = func(command *exec.Cmd) {
			command.Env = append(command.Env, "TF_CLI_CONFIG_FILE="+work.Dir+"/doc.tfrc")
		}
		run, err := work.CLI(t.Context(), "validate")
		if err != nil || run.ExitCode != 0 || strings.Contains(run.Output, "configuration file") || strings.Contains(run.Output, "CLI config") {
			t.Errorf("%v: %v\n%s", b, err, run.Output)
		}
	}
}
