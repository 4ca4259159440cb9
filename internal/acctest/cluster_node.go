package acctest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Node is a node of a cluster.
type Node struct {
	*Bao
	ID string

	cluster *Cluster
	binary  string
	config  string // file
}

// newNode prepares a node without starting it.
func (c *Cluster) newNode(binary, id, listen, peers string) (*Node, error) {
	stored := filepath.Join(c.dir, id)
	if err := os.Mkdir(stored, 0o700); err != nil {
		return nil, err
	}
	transport, err := trusting(c.CACertFile)
	if err != nil {
		return nil, err
	}
	node := &Node{
		ID: id, cluster: c, binary: binary, config: stored + ".json",
		Bao: &Bao{Address: "https://" + listen, CACertFile: c.CACertFile, output: &lockedBuffer{}, client: &http.Client{Timeout: callTimeout, Transport: transport}},
	}
	storage := maps.Clone(promptly)
	storage["path"], storage["node_id"] = stored, id
	config, err := json.MarshalIndent(map[string]any{
		"api_addr":     node.Address,
		"cluster_addr": "https://" + peers,
		"storage":      map[string]any{"raft": storage},
		"listener": map[string]any{"tcp": map[string]string{
			"address": listen, "cluster_address": peers,
			"tls_cert_file": filepath.Join(c.dir, "cert.pem"), "tls_key_file": filepath.Join(c.dir, "key.pem"),
		}},
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	return node, os.WriteFile(node.config, config, 0o600)
}

// start starts the process and waits until it answers; it is sealed then.
func (n *Node) start(ctx context.Context) error {
	var err error
	if n.process, err = launch(n.cluster.ctx, n.output, n.binary, []string{"server", "-config=" + n.config, "-log-level=warn"}); err != nil {
		return err
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-n.process.ended:
			cancel(fmt.Errorf("%s ended", n.ID))
		case <-running.Done():
		}
	}()
	return until(running, func(ctx context.Context) error {
		if n.state(ctx) == 0 {
			return fmt.Errorf("%s does not answer", n.ID)
		}
		return nil
	})
}

// state is the status of sys/health: 200 active, 429 standby, 503 sealed, 501
// not initialized; 0 when the node does not answer soon.
func (n *Node) state(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	status, _, err := n.request(ctx, http.MethodGet, "", "sys/health", nil)
	if err != nil {
		return 0
	}
	return status
}

// must makes a request that has to succeed.
func (n *Node) must(ctx context.Context, method, token, path string, body any) (map[string]any, error) {
	status, answer, err := n.request(ctx, method, token, path, body)
	if err == nil && status >= 300 {
		err = fmt.Errorf("%d %v", status, answer["errors"])
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s %s: %w", n.ID, method, path, err)
	}
	return answer, nil
}

// Kill ends the process at once, as kill -9 does, also while it hangs.
func (n *Node) Kill() {
	if n.process != nil {
		n.process.stop(syscall.SIGKILL)
	}
}

// Hang stops the process without ending it: connections are accepted, and nothing
// is answered any more. A busy machine stops the threads of a process one after the
// other, so it waits until the system tells that all of them stand still.
func (n *Node) Hang() error {
	if err := n.process.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return n.process.stopped()
}

// Resume lets a process that hangs go on.
func (n *Node) Resume() error { return n.process.signal(syscall.SIGCONT) }

// Restart starts the process anew, with what it has stored. It is sealed then.
func (n *Node) Restart(ctx context.Context) error {
	n.Kill()
	return n.start(ctx)
}

// Unseal unseals the node and waits until it is active or a standby.
func (n *Node) Unseal(ctx context.Context) error {
	if _, err := n.must(ctx, http.MethodPut, "", "sys/unseal", map[string]string{"key": n.cluster.unsealKey}); err != nil {
		return err
	}
	return until(ctx, func(ctx context.Context) error {
		if state := n.state(ctx); state != http.StatusOK && state != http.StatusTooManyRequests {
			return fmt.Errorf("the health of %s is %d", n.ID, state)
		}
		return nil
	})
}
