package openbao_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("snapshot"), 100_000)
	f := newFake(t, func(w http.ResponseWriter, n int, _ call) {
		if n == 1 {
			reply(w, http.StatusServiceUnavailable, `{"errors":["local node not active but active cluster node not found"]}`)
			return
		}
		w.Header().Set("Content-Type", "application/gzip")
		_, _ = w.Write(content)
	})
	c, _ := f.client(t, func(config *openbao.Config) { config.Namespace = "team" })
	var got bytes.Buffer
	var last int64
	mustNot(t, c.Snapshot(t.Context(), &got, func(total int64) {
		if total <= last {
			t.Errorf("%d after %d bytes", total, last)
		}
		last = total
	}))
	if !bytes.Equal(got.Bytes(), content) || last != int64(len(content)) {
		t.Errorf("got %d bytes, told %d", got.Len(), last)
	}
	for _, call := range f.seen() {
		if call.path == "/v1/sys/storage/raft/snapshot" && (call.method != http.MethodGet || call.namespace != "") {
			t.Errorf("asked by %s in namespace %q", call.method, call.namespace)
		}
	}
}

func TestSnapshot_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		kind   error
		remedy string
	}{
		"other storage":          {http.StatusBadRequest, `{"errors":["raft storage is not in use"]}`, openbao.ErrNotRaft, ""},
		"storage that never was": {http.StatusNotFound, `{"errors":["1 error occurred:\n\t* unsupported path\n\n"]}`, openbao.ErrNotRaft, ""},
		"forbidden":              {http.StatusForbidden, `{"errors":["permission denied"]}`, migrate.ErrPermissionDenied, "path \"sys/storage/raft/snapshot\" {\n  capabilities = [\"read\"]\n}"},
	} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, test.status, test.body) })
		c, _ := f.client(t)
		var got bytes.Buffer
		err := c.Snapshot(t.Context(), &got, func(int64) {})
		var e *openbao.Error
		if !errors.Is(err, test.kind) || !errors.As(err, &e) || !strings.Contains(e.Remedy(), test.remedy) || got.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, got.Len())
		}
	}
}

// A stream that breaks off, or stops, is an error, and is not taken up again in
// the middle.
func TestSnapshot_Interrupted(t *testing.T) {
	t.Parallel()
	begin := func(w http.ResponseWriter) {
		_, _ = w.Write([]byte("begin"))
		_ = http.NewResponseController(w).Flush()
	}
	ctx, cancel := context.WithCancel(t.Context())
	full := errors.New("no space left")
	for name, test := range map[string]struct {
		ctx    context.Context
		handle func(w http.ResponseWriter, stop chan struct{})
		to     func([]byte) error
		want   string
	}{
		"breaks off": {t.Context(), func(w http.ResponseWriter, _ chan struct{}) { begin(w); panic(http.ErrAbortHandler) }, nil, "the answer broke off"},
		"goes quiet": {t.Context(), func(w http.ResponseWriter, stop chan struct{}) { begin(w); <-stop }, nil, "the answer broke off: nothing came for 2s"},
		"cancelled":  {ctx, func(w http.ResponseWriter, stop chan struct{}) { begin(w); <-stop }, func([]byte) error { cancel(); return nil }, "context canceled"},
		"disk full":  {t.Context(), func(w http.ResponseWriter, _ chan struct{}) { begin(w) }, func([]byte) error { return full }, "no space left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stop := make(chan struct{})
			f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { test.handle(w, stop) })
			t.Cleanup(func() { close(stop) })
			c, _ := f.client(t, func(config *openbao.Config) {
				config.StreamPause = time.Minute
				if name == "goes quiet" {
					config.StreamPause = 2 * time.Second
				}
			})
			err := c.Snapshot(test.ctx, writer(test.to), func(int64) {})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			if asked := len(f.seen()); asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// writer is a function that takes what is written; nil takes all.
type writer func([]byte) error

func (w writer) Write(p []byte) (int, error) {
	if w == nil {
		return len(p), nil
	}
	if err := w(p); err != nil {
		return 0, err
	}
	return len(p), nil
}
