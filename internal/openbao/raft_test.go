package openbao_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// saying is a fake that gives one answer to everything.
func saying(t *testing.T, status int, body string) *fake {
	return newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, status, body) })
}

func TestRaftPeers(t *testing.T) {
	t.Parallel()
	f := saying(t, 200, `{"data":{"config":{"servers":[
		{"node_id":"two","address":"10.0.0.2:8201","leader":true,"voter":true,"protocol_version":"3"},
		{"node_id":"one","address":"10.0.0.1:8201","voter":false,"protocol_version":"3"}]}}}`)
	// Raft is a matter of the root namespace, whatever that of the client.
	c, _ := f.client(t, func(config *openbao.Config) { config.Namespace = "team" })
	peers, err := c.RaftPeers(t.Context())
	mustNot(t, err)
	if len(peers) != 2 || peers[0] != (openbao.RaftPeer{NodeID: "one", Address: "10.0.0.1:8201", ProtocolVersion: "3"}) || !peers[1].Leader || !peers[1].Voter {
		t.Errorf("peers are %+v", peers)
	}
	if got := f.seen()[0]; got.path != "/v1/sys/storage/raft/configuration" || got.namespace != "" {
		t.Errorf("asked for %s in %q", got.path, got.namespace)
	}
}

func TestAutopilotState(t *testing.T) {
	t.Parallel()
	c, _ := saying(t, 200, `{"data":{"healthy":true,"failure_tolerance":1,"leader":"b","voters":["b","a"],"servers":{
		"b":{"id":"b","name":"b","address":"x:1","node_status":"alive","status":"leader","version":"2.6.2","healthy":true,"last_contact":"0s","last_term":3,"last_index":40,"stable_since":"2026-01-02T03:04:05Z"},
		"a":{"id":"a","name":"a","address":"y:1","node_status":"failed","status":"voter","healthy":false,"last_contact":"1.5s"}}}}`).client(t)
	state, err := c.AutopilotState(t.Context())
	mustNot(t, err)
	if !state.Healthy || state.FailureTolerance != 1 || state.Leader != "b" || strings.Join(state.Voters, "") != "ab" || len(state.Servers) != 2 {
		t.Fatalf("state is %+v", state)
	}
	if a, b := state.Servers[0], state.Servers[1]; a.ID != "a" || a.Healthy || a.LastContact != 1500*time.Millisecond || !a.StableSince.IsZero() ||
		b.LastIndex != 40 || b.LastTerm != 3 || b.Version != "2.6.2" || b.StableSince.IsZero() {
		t.Errorf("servers are %+v", state.Servers)
	}
}

func TestAutopilotConfiguration(t *testing.T) {
	t.Parallel()
	f := saying(t, 200, `{"data":{"cleanup_dead_servers":true,"last_contact_threshold":"10s","dead_server_last_contact_threshold":"24h0m0s",
		"max_trailing_logs":1000,"min_quorum":3,"server_stabilization_time":"10s"}}`)
	c, _ := f.client(t)
	got, err := c.ReadAutopilot(t.Context())
	mustNot(t, err)
	want := openbao.DefaultAutopilot()
	want.CleanupDeadServers, want.MinQuorum = true, 3
	if got != want {
		t.Errorf("configuration is %+v", got)
	}
	mustNot(t, c.WriteAutopilot(t.Context(), openbao.DefaultAutopilot()))
	if body := f.seen()[1].body; strings.Contains(body, "min_quorum") || !strings.Contains(body, `"dead_server_last_contact_threshold":86400`) {
		t.Errorf("wrote %s", body)
	}
}

func TestRaftRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   error
		remedy string
	}{
		{400, `{"errors":["raft storage is not in use"]}`, openbao.ErrNotRaft, `storage "raft"`},
		{404, `{"errors":["1 error occurred:\n\t* unsupported path\n\n"]}`, openbao.ErrNotRaft, `storage "raft"`},
		{403, `{"errors":["permission denied"]}`, migrate.ErrPermissionDenied, `path "sys/storage/raft/autopilot/state"`},
		{404, `{"errors":[]}`, openbao.ErrNoAutopilotState, "BAO_RAFT_AUTOPILOT_DISABLE"},
		{200, `{"data":null}`, openbao.ErrNoAutopilotState, "BAO_RAFT_AUTOPILOT_DISABLE"},
	} {
		c, _ := saying(t, test.status, test.body).client(t)
		_, err := c.AutopilotState(t.Context())
		var e *openbao.Error
		if !errors.Is(err, test.want) || !errors.As(err, &e) || !strings.Contains(e.Remedy(), test.remedy) {
			t.Errorf("%d %s: %v", test.status, test.body, err)
		}
	}
}

// Every status is data; the certificate is told also when it does not pass.
func TestNodeHealth(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 429, 472, 473, 501, 503} {
		f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
			if c.token != "" {
				t.Error("a token was sent")
			}
			if c.path == "/v1/sys/leader" {
				reply(w, 200, `{"is_self":false,"leader_address":"https://other:8200"}`)
				return
			}
			reply(w, status, `{"initialized":true,"sealed":true,"version":"2.6.2","server_time_utc":1767323045}`)
		})
		c, clock := f.client(t)
		node, err := c.At(f.URL)
		mustNot(t, err)
		health, err := node.NodeHealth(t.Context())
		mustNot(t, err)
		if health.StatusCode != status || !health.Initialized || health.LeaderAddress != "https://other:8200" || health.IsLeader ||
			!health.CertificateNotAfter.IsZero() || !health.ServerTime.Equal(time.Unix(1767323045, 0)) || len(clock.slept) > 0 {
			t.Errorf("%d: %+v", status, health)
		}
	}
	c, _ := saying(t, 200, `{"name":"something else"}`).client(t)
	for _, address := range []string{"http://a,http://b", "a", ""} {
		if _, err := c.At(address); err == nil {
			t.Errorf("%q is taken for the address of a node", address)
		}
	}
	if _, err := c.NodeHealth(t.Context()); err == nil {
		t.Error("anything is taken for a health")
	}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, `{"initialized":true}`) }))
	t.Cleanup(s.Close)
	for _, skip := range []bool{true, false} {
		node, err := openbao.New(openbao.Config{Address: s.URL, SkipTLSVerify: skip})
		mustNot(t, err)
		health, err := node.NodeHealth(t.Context())
		if (err == nil) != skip || !health.CertificateNotAfter.Equal(s.Certificate().NotAfter) {
			t.Errorf("checked %v: %+v, %v", !skip, health, err)
		}
	}
}
