package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// cluster is a harness with a cluster of three nodes, whose subtests come one
// after the other, each with a mount and a workspace of its own.
type cluster struct {
	*acctest.Harness
	mount string
}

// startedCluster is a harness with a cluster for a test that runs next to others.
func startedCluster(t *testing.T) cluster {
	t.Helper()
	t.Parallel()
	return cluster{Harness: acctest.NewCluster(t)}
}

// step runs a subtest, on a cluster that is whole before and after it.
func (c cluster) step(t *testing.T, name string, do func(c cluster)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		h := *c.Harness
		h.TB = t
		step := cluster{Harness: &h, mount: strings.ReplaceAll(name, " ", "-")}
		var err error
		if h.Work, err = acctest.NewWorkspace(t.TempDir(), h.Work.Env[1:]...); err != nil {
			t.Fatal(err)
		}
		h.Bao = step.leader().Bao
		h.MountKV(step.mount, "2")
		step.everywhere(step.mount + "/config")
		do(step)
		step.heal()
	})
}

// everywhere waits until all nodes know a path: a standby of OpenBao answers reads
// from a copy that is behind.
func (c cluster) everywhere(path string) {
	c.Helper()
	for _, node := range c.Cluster.Nodes {
		c.Eventually(func() bool {
			status, _, err := node.Call(c.Context(), http.MethodGet, "", path, nil)
			return err == nil && status == http.StatusOK
		})
	}
}

func (c cluster) leader() *acctest.Node {
	c.Helper()
	leader, err := c.Cluster.Leader(c.Context())
	if err != nil {
		c.Fatalf("%v\n%s", err, c.Cluster.Log())
	}
	return leader
}

func (c cluster) standby() *acctest.Node {
	c.Helper()
	standby, err := c.Cluster.Standby(c.Context())
	if err != nil {
		c.Fatalf("%v\n%s", err, c.Cluster.Log())
	}
	return standby
}

// heal brings back every node that does not serve.
func (c cluster) heal() {
	c.Helper()
	for _, node := range c.Cluster.Nodes {
		_ = node.Resume()
		if _, _, err := node.Call(c.Context(), http.MethodGet, "", "sys/health", nil); err == nil {
			continue
		}
		if err := node.Restart(c.Context()); err != nil {
			c.Fatal(err)
		}
	}
	for _, node := range c.Cluster.Nodes {
		if err := node.Unseal(c.Context()); err != nil {
			c.Fatal(err)
		}
	}
	if err := c.Cluster.WaitVoters(c.Context(), len(c.Cluster.Nodes)); err != nil {
		c.Fatalf("%v\n%s", err, c.Cluster.Log())
	}
	c.Bao = c.leader().Bao
}

// secrets adds so many secrets, and returns a migration of all of them.
func (c cluster) secrets(count int) string {
	c.Helper()
	pins := map[string]string{}
	for i := range count {
		name := fmt.Sprintf("%s-%03d", c.mount, i)
		pins[name] = c.Secret(name, fmt.Sprintf(`{"password":"value of %s"}`, name)) + "@1"
	}
	return strings.Replace(bulk(pins), `"credentials"`, fmt.Sprintf("%q", c.mount), 1)
}

// duringApply does something once, when so many contents have been read from OCI.
func (c cluster) duringApply(contents int32, do func()) {
	var read atomic.Int32
	c.Cleanup(c.OCI.OnRequest(func(r *ociemu.RequestRecord) {
		if r.Call == "secrets.GetSecretBundle" && read.Add(1) == contents {
			do()
		}
	}))
	c.Cleanup(func() {
		if got := read.Load(); got < contents {
			c.Errorf("nothing happened in the middle: %d contents were read", got)
		}
	})
}

// stored returns how many secrets are there, after checking that each of them
// was written once, whole, and is marked.
func (c cluster) stored() int {
	c.Helper()
	c.Bao = c.leader().Bao
	keys, _ := c.Data(c.mount + "/metadata?list=true")["keys"].([]any)
	for _, key := range keys {
		name, _ := key.(string)
		if got, want := c.KV2(c.mount, name), fmt.Sprintf(`{"password":"value of %s"}`, name); got != want {
			c.Errorf("%s is %s", name, got)
		}
		if version := c.Data(c.mount + "/metadata/" + name)["current_version"]; version != json.Number("1") {
			c.Errorf("%s has version %v", name, version)
		}
	}
	return len(keys)
}

// settled expects all secrets to be there, each written once, and an empty plan.
func (c cluster) settled(count int) {
	c.Helper()
	if got := c.stored(); got != count {
		c.Errorf("%d secrets are there, want %d", got, count)
	}
	c.Plan(0)
}

// A cluster that loses its leader in the middle of an apply, a node that hangs and
// one that is sealed: every secret is there exactly once.
func TestCluster_FailsOver(t *testing.T) {
	c := startedCluster(t)
	c.step(t, "autopilot behind a standby", func(c cluster) {
		config := autopilot(`max_trailing_logs = 900`) + `
data "ocibao_raft_peers" "now" {}
data "ocibao_raft_autopilot_state" "now" {}
output "seen" {
  value = [data.ocibao_raft_peers.now.voters, data.ocibao_raft_autopilot_state.now.voters, data.ocibao_raft_peers.now.leader]
}
`
		// Autopilot takes its time to count a node that votes already.
		c.Eventually(func() bool {
			voters, _ := c.Data("sys/storage/raft/autopilot/state")["voters"].([]any)
			return len(voters) == 3
		})
		c.ConfigureAt([]string{c.standby().Address}, config)
		c.Apply()
		c.Plan(0)
		c.Contains(c.CLI("output", "-json", "seen"), `[3,["node-1","node-2","node-3"],"`+c.leader().ID+`"]`)
		expectServer(c.Harness, autopilotPath, "max_trailing_logs", "900")
		if run := c.CLI("destroy", "-auto-approve", "-input=false"); run.ExitCode != 0 {
			c.Error(run.Output)
		}
		expectServer(c.Harness, autopilotPath, "max_trailing_logs", "1000")
	})
	c.step(t, "leader killed", func(c cluster) {
		leader := c.leader()
		c.ConfigureAt(append([]string{leader.Address}, c.Cluster.Addresses()...), c.secrets(200))
		c.duringApply(100, leader.Kill)
		c.Apply()
		c.settled(200)
	})
	c.step(t, "leader killed behind a standby", func(c cluster) {
		leader, standby := c.leader(), c.standby()
		c.ConfigureAt([]string{standby.Address}, c.secrets(200))
		c.duringApply(100, leader.Kill)
		c.Apply()
		c.settled(200)
	})
	c.step(t, "leader hangs", func(c cluster) {
		leader := c.leader()
		c.ConfigureAt(append([]string{leader.Address}, c.Cluster.Addresses()...), c.secrets(20))
		c.duringApply(10, func() {
			if err := leader.Hang(); err != nil {
				c.Error(err)
			}
		})
		c.Apply()
		c.settled(20)
	})
	c.step(t, "a node is sealed", func(c cluster) {
		sealed := c.standby()
		if err := sealed.Restart(c.Context()); err != nil {
			c.Fatal(err)
		}
		config := c.secrets(10)
		c.ConfigureAt([]string{sealed.Address}, config)
		c.ApplyFails("sealed", "bao operator unseal")
		c.ConfigureAt(append([]string{sealed.Address}, c.Cluster.Addresses()...), config)
		c.Apply()
		c.settled(10)
	})
}

// A cluster that loses its quorum in the middle of an apply: an error in bounded
// time that says so, nothing half-done, and after that it goes on where it ended.
func TestCluster_WithoutQuorum(t *testing.T) {
	c := startedCluster(t)
	c.step(t, "quorum lost", func(c cluster) {
		leader, standby := c.leader(), c.standby()
		c.Configure(c.secrets(60))
		c.duringApply(30, func() {
			standby.Kill()
			leader.Kill()
		})
		timed := c.ApplyFails("no node could serve this", "connection refused", "lost its quorum")
		c.Lacks(timed, "value of")
		c.heal()
		if got := c.stored(); got == 0 || got >= 60 {
			c.Errorf("%d secrets are there", got)
		}
		c.Apply()
		c.settled(60)
	})
}
