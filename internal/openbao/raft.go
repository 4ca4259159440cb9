package openbao

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// ErrNotRaft means that the server does not keep its data in integrated (Raft)
// storage.
var ErrNotRaft = errors.New("the server does not use integrated storage (Raft)")

// ErrNoAutopilotState means that autopilot tells no state: it is disabled, or the
// leader is too new.
var ErrNoAutopilotState = errors.New("autopilot tells no state")

// RaftPeer is a node as the Raft configuration has it.
type RaftPeer struct {
	NodeID          string
	Address         string // host:port of the cluster listener
	Leader          bool
	Voter           bool
	ProtocolVersion string
}

// raftRequest is a call below sys/storage/raft, which OpenBao serves in the root
// namespace only.
func raftRequest(operation, method, path, capability string) request {
	return request{operation: operation, method: method, path: "sys/storage/raft/" + path, capabilities: []string{capability}}
}

// raft sends such a call. Without integrated storage the error is ErrNotRaft.
func (c *Client) raft(ctx context.Context, r request) (*answer, error) {
	a, err := c.do(ctx, r)
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound) &&
		(anyContains(e.Messages, "raft storage is not in use") || anyContains(e.Messages, "unsupported path")) {
		e.kinds, e.Messages = []error{ErrNotRaft}, nil
	}
	return a, err
}

// RaftPeers lists the nodes (GET sys/storage/raft/configuration), sorted by ID.
// Errors: ErrNotRaft.
func (c *Client) RaftPeers(ctx context.Context) ([]RaftPeer, error) {
	r := raftRequest("Raft peers", http.MethodGet, "configuration", "read")
	a, err := c.raft(ctx, r)
	if err != nil {
		return nil, err
	}
	var data struct {
		Config struct {
			Servers []struct {
				NodeID          string `json:"node_id"`
				Address         string `json:"address"`
				Leader          bool   `json:"leader"`
				Voter           bool   `json:"voter"`
				ProtocolVersion string `json:"protocol_version"`
			} `json:"servers"`
		} `json:"config"`
	}
	if err := a.decode(r, &data); err != nil {
		return nil, err
	}
	peers := make([]RaftPeer, len(data.Config.Servers))
	for i, server := range data.Config.Servers {
		peers[i] = RaftPeer(server)
	}
	slices.SortFunc(peers, func(a, b RaftPeer) int { return cmp.Compare(a.NodeID, b.NodeID) })
	return peers, nil
}

// AutopilotState is what autopilot thinks of the cluster.
type AutopilotState struct {
	Healthy bool
	// FailureTolerance is how many healthy nodes may fail before the quorum is lost.
	FailureTolerance int64
	Leader           string   // node ID
	Voters           []string // node IDs, sorted
	NonVoters        []string // node IDs, sorted
	Servers          []AutopilotServer
}

// AutopilotServer is what autopilot thinks of a node.
type AutopilotServer struct {
	ID          string
	Name        string
	Address     string // host:port of the cluster listener
	NodeStatus  string // "alive", "failed" or "left"
	Status      string // "leader", "voter" or "non-voter"
	Version     string
	Healthy     bool
	LastContact time.Duration // since the leader heard of it; 0 for the leader
	LastTerm    int64
	LastIndex   int64
	StableSince time.Time
}

// AutopilotState asks for the state (GET sys/storage/raft/autopilot/state), with
// the nodes sorted by ID. Errors: ErrNotRaft, ErrNoAutopilotState.
func (c *Client) AutopilotState(ctx context.Context) (AutopilotState, error) {
	r := raftRequest("autopilot state", http.MethodGet, "autopilot/state", "read")
	a, err := c.raft(ctx, r)
	if err == nil && !has(a.envelope.Data) || isGone(err) {
		return AutopilotState{}, &Error{Operation: r.operation, Path: r.path, kinds: []error{ErrNoAutopilotState}}
	}
	if err != nil {
		return AutopilotState{}, err
	}
	var data struct {
		Healthy          bool     `json:"healthy"`
		FailureTolerance int64    `json:"failure_tolerance"`
		Leader           string   `json:"leader"`
		Voters           []string `json:"voters"`
		NonVoters        []string `json:"non_voters"`
		Servers          map[string]struct {
			ID          string `json:"id"`
			Name        string `json:"name"`
			Address     string `json:"address"`
			NodeStatus  string `json:"node_status"`
			Status      string `json:"status"`
			Version     string `json:"version"`
			Healthy     bool   `json:"healthy"`
			LastContact string `json:"last_contact"`
			LastTerm    int64  `json:"last_term"`
			LastIndex   int64  `json:"last_index"`
			StableSince string `json:"stable_since"`
		} `json:"servers"`
	}
	if err := a.decode(r, &data); err != nil {
		return AutopilotState{}, err
	}
	slices.Sort(data.Voters)
	slices.Sort(data.NonVoters)
	state := AutopilotState{
		Healthy: data.Healthy, FailureTolerance: data.FailureTolerance, Leader: data.Leader, Voters: data.Voters, NonVoters: data.NonVoters,
	}
	for _, server := range data.Servers {
		contact, err := time.ParseDuration(server.LastContact)
		if err != nil {
			contact = 0
		}
		state.Servers = append(state.Servers, AutopilotServer{
			ID: server.ID, Name: server.Name, Address: server.Address, NodeStatus: server.NodeStatus, Status: server.Status,
			Version: server.Version, Healthy: server.Healthy, LastContact: contact,
			LastTerm: server.LastTerm, LastIndex: server.LastIndex, StableSince: parseTime(server.StableSince),
		})
	}
	slices.SortFunc(state.Servers, func(a, b AutopilotServer) int { return cmp.Compare(a.ID, b.ID) })
	return state, nil
}

// Autopilot is the configuration of autopilot. Times are in seconds. The server
// ignores a 0: it leaves the setting as it is.
type Autopilot struct {
	CleanupDeadServers             bool
	DeadServerLastContactThreshold int64
	LastContactThreshold           int64
	MaxTrailingLogs                int64
	MinQuorum                      int64
	ServerStabilizationTime        int64
}

// DefaultAutopilot is what a cluster has that nobody configured.
func DefaultAutopilot() Autopilot {
	return Autopilot{DeadServerLastContactThreshold: 24 * 3600, LastContactThreshold: 10, MaxTrailingLogs: 1000, ServerStabilizationTime: 10}
}

// ReadAutopilot reads the configuration (GET
// sys/storage/raft/autopilot/configuration). Errors: ErrNotRaft.
func (c *Client) ReadAutopilot(ctx context.Context) (Autopilot, error) {
	r := raftRequest("autopilot configuration read", http.MethodGet, "autopilot/configuration", "read")
	a, err := c.raft(ctx, r)
	if err != nil {
		return Autopilot{}, err
	}
	var data struct {
		CleanupDeadServers             bool   `json:"cleanup_dead_servers"`
		DeadServerLastContactThreshold string `json:"dead_server_last_contact_threshold"`
		LastContactThreshold           string `json:"last_contact_threshold"`
		MaxTrailingLogs                int64  `json:"max_trailing_logs"`
		MinQuorum                      int64  `json:"min_quorum"`
		ServerStabilizationTime        string `json:"server_stabilization_time"`
	}
	if err := a.decode(r, &data); err != nil {
		return Autopilot{}, err
	}
	config := Autopilot{CleanupDeadServers: data.CleanupDeadServers, MaxTrailingLogs: data.MaxTrailingLogs, MinQuorum: data.MinQuorum}
	for into, text := range map[*int64]string{
		&config.DeadServerLastContactThreshold: data.DeadServerLastContactThreshold,
		&config.LastContactThreshold:           data.LastContactThreshold,
		&config.ServerStabilizationTime:        data.ServerStabilizationTime,
	} {
		parsed, err := time.ParseDuration(text)
		if err != nil {
			return Autopilot{}, unexpected(r, "the answer holds something that is no duration")
		}
		*into = int64(parsed / time.Second)
	}
	return config, nil
}

// WriteAutopilot writes the configuration (POST
// sys/storage/raft/autopilot/configuration). A MinQuorum of 0 is left out.
// Errors: ErrNotRaft.
func (c *Client) WriteAutopilot(ctx context.Context, config Autopilot) error {
	r := raftRequest("autopilot configuration write", http.MethodPost, "autopilot/configuration", "update")
	body := map[string]any{
		"cleanup_dead_servers":               config.CleanupDeadServers,
		"dead_server_last_contact_threshold": config.DeadServerLastContactThreshold,
		"last_contact_threshold":             config.LastContactThreshold,
		"max_trailing_logs":                  config.MaxTrailingLogs,
		"server_stabilization_time":          config.ServerStabilizationTime,
	}
	if config.MinQuorum > 0 {
		body["min_quorum"] = config.MinQuorum
	}
	r.body = jsonBody(body)
	_, err := c.raft(ctx, r)
	return err
}
