package openbao

import (
	"context"
	"io"
	"net/http"
)

// Snapshot writes a snapshot of the Raft storage as the server sends it (GET
// sys/storage/raft/snapshot), a gzip archive, and tells how many bytes there are
// so far. What was written before an error is of no use. Errors: ErrNotRaft.
func (c *Client) Snapshot(ctx context.Context, to io.Writer, received func(total int64)) error {
	target := &meter{to: to, received: received}
	r := raftRequest("Raft snapshot", http.MethodGet, "snapshot", "read")
	r.stream = func(body io.Reader) error {
		_, err := io.Copy(target, body)
		return err
	}
	_, err := c.raft(ctx, r)
	if target.failed != nil {
		// It is the writer that failed, not the server.
		return target.failed
	}
	return err
}

// meter counts what is written and keeps the error of the writer.
type meter struct {
	to       io.Writer
	received func(total int64)
	total    int64
	failed   error
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.total += int64(n)
	m.failed = err
	if err == nil {
		m.received(m.total)
	}
	return n, err
}
