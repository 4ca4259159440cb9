package provider_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

const autopilotPath = "sys/storage/raft/autopilot/configuration"

func autopilot(arguments ...string) string { return block("ocibao_raft_autopilot", arguments...) }

// onRaft is a harness with a cluster of one node, for a test that runs next to
// others.
func onRaft(t *testing.T) *acctest.Harness {
	t.Helper()
	t.Parallel()
	return acctest.NewRaft(t)
}

func TestRaftAutopilot_Lifecycle(t *testing.T) {
	h := onRaft(t)
	h.Configure(autopilot(`last_contact_threshold = "20s"`))
	h.Contains(h.Plan(2), "will be created", `last_contact_threshold = "20s"`, `dead_server_last_contact_threshold = "24h"`, "max_trailing_logs = 1000")
	settles(h)
	expectServer(h, autopilotPath, "last_contact_threshold", `"20s"`)
	adopts(h)
	imports(h, "ocibao_raft_autopilot.this", "autopilot")
	if identities(h) {
		loseState(h)
		h.Write("import.tf", "import {\n  to       = ocibao_raft_autopilot.this\n  identity = { id = \"autopilot\" }\n}\n")
		h.Contains(h.Plan(2), "1 to import, 0 to add, 0 to change, 0 to destroy")
		h.Apply()
		h.Write("import.tf", "")
	}
	loseState(h)
	if run := h.CLI("import", "-input=false", "ocibao_raft_autopilot.this", "other"); run.ExitCode == 0 {
		t.Error("any ID can be imported")
	}
	h.Apply()
	drifts(h, autopilotPath, map[string]any{"max_trailing_logs": 500}, "max_trailing_logs = 500 -> 1000")
	updatesInPlace(h, autopilot, []change{
		{`server_stabilization_time = "1m"`, `server_stabilization_time = "10s" -> "1m"`, autopilotPath, "server_stabilization_time", `"1m0s"`},
		{`max_trailing_logs = 250`, `max_trailing_logs = 1000 -> 250`, autopilotPath, "max_trailing_logs", "250"},
		{`dead_server_last_contact_threshold = "2d"`, `dead_server_last_contact_threshold = "24h" -> "2d"`, autopilotPath, "dead_server_last_contact_threshold", `"48h0m0s"`},
	})
	h.Configure(autopilot(`cleanup_dead_servers = true`, `min_quorum = 3`, `dead_server_last_contact_threshold = "10m"`))
	h.Contains(h.Plan(2), "min_quorum = 0 -> 3", "cleanup_dead_servers = false -> true")
	settles(h)
	expectServer(h, autopilotPath, "min_quorum", "3")
	// What cannot be unset stays, without a difference for ever.
	h.Configure(autopilot())
	settles(h)
	expectServer(h, autopilotPath, "min_quorum", "3")
	h.Configure(autopilot(`cleanup_dead_servers = true`, `min_quorum = 3`))
	h.Apply()
	destroys(h, "POST "+autopilotPath)
	expectServer(h, autopilotPath, "cleanup_dead_servers", "false")
	expectServer(h, autopilotPath, "dead_server_last_contact_threshold", `"24h0m0s"`)
	// What somebody else has configured is not overwritten without a word.
	h.Operator(http.MethodPost, autopilotPath, map[string]string{"last_contact_threshold": "30s"})
	h.Configure(autopilot())
	h.ApplyFails("Unable to create configuration of autopilot", "Nothing was overwritten", `"autopilot"`, `on_conflict = "overwrite"`)
	expectServer(h, autopilotPath, "last_contact_threshold", `"30s"`)
	h.Configure(autopilot(`on_conflict = "overwrite"`))
	settles(h)
	expectServer(h, autopilotPath, "last_contact_threshold", `"10s"`)
}

func TestRaftAutopilot_BadInput(t *testing.T) {
	h := started(t)
	refuses(h, map[string]refusal{
		"cleanup without a quorum": {autopilot(`cleanup_dead_servers = true`), []string{"Missing min_quorum", "3 or more"}},
		"cleanup too soon": {
			autopilot(`cleanup_dead_servers = true`, `min_quorum = 3`, `dead_server_last_contact_threshold = "30s"`),
			[]string{"Threshold too short", "30s"},
		},
		"quorum of two": {autopilot(`min_quorum = 2`), []string{"min_quorum", "at least 3"}},
		"no time":       {autopilot(`last_contact_threshold = "0s"`), []string{"less than a second"}},
		"no duration":   {autopilot(`server_stabilization_time = "soon"`), []string{"server_stabilization_time"}},
		"no logs":       {autopilot(`max_trailing_logs = 0`), []string{"max_trailing_logs", "at least 1"}},
	})
	// This server keeps its data in memory.
	h.Configure(autopilot())
	h.ApplyFails("Unable to create configuration of autopilot", "integrated storage (Raft)", `storage "raft"`)
	for _, data := range []string{"ocibao_raft_peers", "ocibao_raft_autopilot_state"} {
		h.Configure("\ndata \"" + data + "\" \"this\" {}\n")
		h.ApplyFails("Unable to read", "integrated storage (Raft)", `storage "raft"`)
	}
}

// Everything may be known only after apply.
func TestRaftAutopilot_Unknown(t *testing.T) {
	h := onRaft(t)
	for round := range 2 {
		h.Configure(later(round, map[string]string{"time": `"30s"`, "count": "400", "quorum": "3", "cleanup": "true", "dead": `"90m"`}) + autopilot(
			"last_contact_threshold = terraform_data.time.output", "server_stabilization_time = terraform_data.time.output",
			"max_trailing_logs = terraform_data.count.output", "min_quorum = terraform_data.quorum.output",
			"cleanup_dead_servers = terraform_data.cleanup.output", "dead_server_last_contact_threshold = terraform_data.dead.output"))
		consistent(h, h.Apply())
		h.Plan(0)
		expectServer(h, autopilotPath, "dead_server_last_contact_threshold", `"1h30m0s"`)
	}
}

// outputs applies and reads an output.
func outputs(h *acctest.Harness, name string, into any) {
	h.Helper()
	h.Apply()
	if err := json.Unmarshal([]byte(h.CLI("output", "-json", name).Output), into); err != nil {
		h.Fatal(err)
	}
}

// Without a token, and whatever state the server is in, its health is data.
func TestServerHealth(t *testing.T) {
	h := started(t)
	type node struct {
		Address     string
		Reachable   bool
		Error       *string
		StatusCode  *int `json:"status_code"`
		Initialized *bool
		Sealed      *bool
		Leader      *bool
		Version     *string
		ServerTime  *string `json:"server_time"`
		Expires     *string `json:"certificate_not_after"`
	}
	look := func(argument string) (found []node) {
		t.Helper()
		// The environment alone configures the provider, without a token.
		h.Work.Env = append(h.Work.Env, "BAO_TOKEN=", "BAO_ADDR="+h.Proxy.URL)
		h.Write("main.tf", `
terraform {
  required_providers {
    ocibao = { source = "ocibao/ocibao" }
  }
}
data "ocibao_server_health" "now" {
  `+argument+`
}
output "nodes" { value = data.ocibao_server_health.now.nodes }
`)
		h.Proxy.Reset()
		outputs(h, "nodes", &found)
		for _, request := range h.Proxy.Requests() {
			if token := request.Header.Get("X-Vault-Token"); token != "" {
				t.Errorf("%s was sent with a token", request.Path)
			}
		}
		return found
	}
	found := look("")
	if len(found) != 1 || !found[0].Reachable || *found[0].StatusCode != 200 || *found[0].Sealed || found[0].Version == nil || found[0].ServerTime == nil || found[0].Expires != nil {
		t.Errorf("found %+v", found)
	}
	found = look(`address = "http://127.0.0.1:9"`)
	if len(found) != 1 || found[0].Reachable || found[0].StatusCode != nil || found[0].Error == nil || !strings.Contains(*found[0].Error, "refused") {
		t.Errorf("where nobody listens: %+v", found)
	}
	h.Operator(http.MethodPut, "sys/seal", nil)
	found = look("")
	if len(found) != 1 || *found[0].StatusCode != 503 || !*found[0].Sealed {
		t.Errorf("sealed: %+v", found)
	}
	h.Write("more.tf", "data \"ocibao_raft_peers\" \"now\" {}\n")
	h.ApplyFails("Missing OpenBao token")
	h.Write("more.tf", "data \"ocibao_server_health\" \"other\" {\n  address = \"bao.example.com\"\n}\n")
	h.ApplyFails("Unable to ask server bao.example.com", "https://")
}

// The checks of the example hold for a cluster that is whole, and each fails when
// what it guards is broken.
func TestMonitoring_Example(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "monitoring", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	c := startedCluster(t)
	addresses, err := json.Marshal(c.Cluster.Addresses())
	if err != nil {
		t.Fatal(err)
	}
	c.Write("main.tf", string(content))
	c.Work.Env = append(c.Work.Env, "BAO_MAX_RETRIES=0") // what is broken here stays so
	plan := func(arguments ...string) acctest.Run {
		t.Helper()
		return c.CLI(append([]string{"plan", "-input=false", "-var=addresses=" + string(addresses), "-var=ca_cert_file=" + c.Bao.CACertFile}, arguments...)...)
	}
	c.Eventually(func() bool { return !strings.Contains(plan("-var=least_version=1.14.0").Output, "Warning") })
	c.Contains(plan("-var=voters=4", "-var=least_version=99.0.0", "-var=certificate_days=4000"),
		"3 nodes vote, 4 should", "Older than 99.0.0", "expires within 4000 days")
	node := c.standby()
	if err := node.Restart(c.Context()); err != nil {
		t.Fatal(err)
	}
	c.Contains(plan(), "Sealed: "+node.Address)
	c.Bao = c.leader().Bao
	c.Operator(http.MethodPost, autopilotPath, map[string]string{"last_contact_threshold": "1s"})
	node.Kill()
	c.Eventually(func() bool { return c.Data("sys/storage/raft/autopilot/state")["healthy"] == false })
	c.Contains(plan(), "No answer from "+node.Address, "connection refused", "Not healthy: "+node.ID)
	c.leader().Kill()
	c.Contains(plan(), "No node is active", "connection refused")
}
