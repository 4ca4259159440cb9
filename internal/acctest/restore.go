package acctest

import (
	"context"
	"fmt"
	"net/http"
)

// Restore replaces all that a cluster of one node holds by a Raft snapshot of
// another cluster, whose unseal key and tokens count from then on.
func (c *Cluster) Restore(ctx context.Context, snapshot []byte, from *Cluster) error {
	node := c.Nodes[0]
	if _, err := node.must(ctx, http.MethodPost, RootToken, "sys/storage/raft/snapshot-force", string(snapshot)); err != nil {
		return err
	}
	// What was restored is encrypted by another key, so the node seals itself.
	if err := until(ctx, func(ctx context.Context) error {
		if state := node.state(ctx); state != http.StatusServiceUnavailable {
			return fmt.Errorf("the health of %s is %d", node.ID, state)
		}
		return nil
	}); err != nil {
		return err
	}
	c.unsealKey = from.unsealKey
	if err := node.Unseal(ctx); err != nil {
		return err
	}
	_, err := c.Leader(ctx)
	return err
}
