package acctest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// Cluster is a Raft cluster: separate processes of the server of EnvBao, on
// loopback, with TLS. RootToken is its root token.
type Cluster struct {
	Nodes      []*Node
	CACertFile string // authority of the certificate of all nodes

	ctx       context.Context //nolint:containedctx // restarted nodes end with what started the cluster
	dir       string
	ports     *ports
	unsealKey string
}

// clusterTime bounds what a cluster is waited for, on a slow machine: that it has a
// leader, that a node has joined.
const clusterTime = 3 * time.Minute

// promptly are timings of Raft and of its autopilot that make a new leader and
// a new voter known in a second or two.
var promptly = map[string]string{
	"performance_multiplier":       "1",
	"autopilot_update_interval":    "200ms",
	"autopilot_reconcile_interval": "400ms",
}

// StartCluster starts a cluster of so many nodes and returns when all of them
// vote, the first as the leader. It ends with the context or with Stop.
func StartCluster(ctx context.Context, size int) (*Cluster, error) {
	binary, err := required(EnvBao)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		dir, err := os.MkdirTemp("", "ocibao-cluster-")
		if err != nil {
			return nil, err
		}
		cluster := &Cluster{ctx: ctx, dir: dir}
		err = cluster.start(binary, size)
		if err == nil {
			context.AfterFunc(ctx, cluster.Stop)
			return cluster, nil
		}
		cluster.Stop()
		if try == startTries || !portTaken(cluster.Log()) {
			return nil, fmt.Errorf("no cluster of %s: %w\n%s", binary, err, cluster.Log())
		}
	}
}

func (c *Cluster) start(binary string, size int) error {
	if err := c.certify(); err != nil {
		return err
	}
	var err error
	if c.ports, err = reservePorts(2 * size); err != nil {
		return err
	}
	free := c.ports.addresses
	for i := range size {
		node, err := c.newNode(binary, fmt.Sprint("node-", i+1), free[2*i], free[2*i+1])
		if err != nil {
			return err
		}
		c.Nodes = append(c.Nodes, node)
	}
	if err := eachOf(c.Nodes, func(node *Node) error { return node.start(c.ctx) }); err != nil {
		return err
	}
	return c.found()
}

// eachOf does a step for several nodes at once.
func eachOf(nodes []*Node, step func(*Node) error) error {
	failed := make(chan error)
	for _, node := range nodes {
		go func() { failed <- step(node) }()
	}
	var all error
	for range nodes {
		all = errors.Join(all, <-failed)
	}
	return all
}

// certify writes one certificate for all nodes, and its authority.
func (c *Cluster) certify() error {
	certificate, authority, err := ociemu.TLSCertificate()
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return err
	}
	c.CACertFile = filepath.Join(c.dir, "ca.pem")
	for name, content := range map[string][]byte{
		c.CACertFile:                     authority,
		filepath.Join(c.dir, "cert.pem"): pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		filepath.Join(c.dir, "key.pem"):  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// found initializes the first node and joins the others to it.
func (c *Cluster) found() error {
	first := c.Nodes[0]
	answer, err := first.must(c.ctx, http.MethodPost, "", "sys/init", map[string]int{"secret_shares": 1, "secret_threshold": 1})
	if err != nil {
		return err
	}
	keys, _ := answer["keys_base64"].([]any)
	token, _ := answer["root_token"].(string)
	if len(keys) != 1 || token == "" {
		return errors.New("sys/init gave no key and token")
	}
	c.unsealKey, _ = keys[0].(string)
	if err := first.Unseal(c.ctx); err != nil {
		return err
	}
	if _, err := c.Leader(c.ctx); err != nil {
		return err
	}
	authority, err := os.ReadFile(c.CACertFile)
	if err != nil {
		return err
	}
	if err := eachOf(c.Nodes[1:], func(node *Node) error {
		if _, err := node.must(c.ctx, http.MethodPost, "", "sys/storage/raft/join", map[string]string{
			"leader_api_addr": first.Address, "leader_ca_cert": string(authority),
		}); err != nil {
			return err
		}
		return node.Unseal(c.ctx)
	}); err != nil {
		return err
	}
	if _, err := first.must(c.ctx, http.MethodPost, token, "auth/token/create", map[string]any{
		"id": RootToken, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true,
	}); err != nil {
		return err
	}
	return c.WaitVoters(c.ctx, len(c.Nodes))
}

// Addresses are the addresses of all nodes, that of the first first.
func (c *Cluster) Addresses() []string {
	var addresses []string
	for _, node := range c.Nodes {
		addresses = append(addresses, node.Address)
	}
	return addresses
}

// Leader waits until a node is active and returns it. A leader that was cut off
// takes itself for active until it hears of the next one: while there are two, none
// counts.
func (c *Cluster) Leader(ctx context.Context) (*Node, error) {
	var leader *Node
	err := until(ctx, func(ctx context.Context) error {
		active := c.in(ctx, http.StatusOK)
		if len(active) != 1 {
			return fmt.Errorf("%d nodes are active", len(active))
		}
		leader = active[0]
		return nil
	})
	return leader, err
}

// Standby waits until there are a leader and a node that is a standby, and returns
// that.
func (c *Cluster) Standby(ctx context.Context) (*Node, error) {
	if _, err := c.Leader(ctx); err != nil {
		return nil, err
	}
	var standby *Node
	err := until(ctx, func(ctx context.Context) error {
		found := c.in(ctx, http.StatusTooManyRequests)
		if len(found) == 0 {
			return errors.New("no node is a standby")
		}
		standby = found[0]
		return nil
	})
	return standby, err
}

// in are the nodes that are in a state, in their order.
func (c *Cluster) in(ctx context.Context, state int) []*Node {
	states := make([]int, len(c.Nodes))
	var asked sync.WaitGroup
	for i, node := range c.Nodes {
		asked.Go(func() { states[i] = node.state(ctx) })
	}
	asked.Wait()
	var found []*Node
	for i, node := range c.Nodes {
		if states[i] == state {
			found = append(found, node)
		}
	}
	return found
}

// Call is Bao.Call to the leader. On a busy machine a leader may lose its place at any
// time; what it could not do for that is asked of the next one.
func (c *Cluster) Call(ctx context.Context, method, token, path string, body any) (status int, answer map[string]any, err error) {
	err = until(ctx, func(ctx context.Context) error {
		leader, err := c.Leader(ctx)
		if err != nil {
			return err
		}
		if status, answer, err = leader.Call(ctx, method, token, path, body); err != nil {
			return err
		}
		if status == http.StatusInternalServerError && leaderless.MatchString(fmt.Sprint(answer["errors"])) {
			return fmt.Errorf("%s: %v", leader.ID, answer["errors"])
		}
		return nil
	})
	return status, answer, err
}

// leaderless is what nodes say that are not the leader, or not any more.
var leaderless = regexp.MustCompile(`node not active|not the leader|leadership lost|leadership transfer`)

// Seal seals the node that is active and returns it: a server seals only then. Another
// node is sealed by Restart.
func (c *Cluster) Seal(ctx context.Context) (*Node, error) {
	var sealed *Node
	err := until(ctx, func(ctx context.Context) error {
		leader, err := c.Leader(ctx)
		if err != nil {
			return err
		}
		sealed = leader
		_, err = leader.must(ctx, http.MethodPut, RootToken, "sys/seal", nil)
		return err
	})
	return sealed, err
}

// WaitVoters waits until so many nodes vote, all of them unsealed.
func (c *Cluster) WaitVoters(ctx context.Context, count int) error {
	return until(ctx, func(ctx context.Context) error {
		leader, err := c.Leader(ctx)
		if err != nil {
			return err
		}
		answer, err := leader.must(ctx, http.MethodGet, RootToken, "sys/storage/raft/configuration", nil)
		if err != nil {
			return err
		}
		var peers struct {
			Data struct {
				Config struct {
					Servers []struct {
						Voter bool `json:"voter"`
					} `json:"servers"`
				} `json:"config"`
			} `json:"data"`
		}
		if raw, err := json.Marshal(answer); err != nil || json.Unmarshal(raw, &peers) != nil {
			return errors.New("the list of peers cannot be read")
		}
		voters := 0
		for _, server := range peers.Data.Config.Servers {
			if server.Voter {
				voters++
			}
		}
		serving := len(c.in(ctx, http.StatusOK)) + len(c.in(ctx, http.StatusTooManyRequests))
		if voters < count || serving < count {
			return fmt.Errorf("%d of %d nodes vote, %d serve", voters, count, serving)
		}
		return nil
	})
}

// Stop kills all nodes and removes what they stored.
func (c *Cluster) Stop() {
	for _, node := range c.Nodes {
		node.Kill()
	}
	if c.ports != nil {
		c.ports.release()
	}
	_ = os.RemoveAll(c.dir)
}

// Log is what all nodes printed so far.
func (c *Cluster) Log() string {
	log := ""
	for _, node := range c.Nodes {
		log += "--- " + node.ID + "\n" + node.Bao.Log()
	}
	return log
}

// until repeats a step until it succeeds, for clusterTime at most.
func until(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, clusterTime)
	defer cancel()
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		if stopped := pause(ctx, 2*pollInterval); stopped != nil {
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		}
	}
}
