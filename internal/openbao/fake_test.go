package openbao_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// fakeClock is a clock whose time passes by sleeping only.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *fakeClock) pass(d time.Duration) { _ = c.Sleep(context.Background(), d) }

// call is one request as a fake server saw it.
type call struct {
	method, path, query, body, namespace, token, contentType, wrapTTL string
	header                                                            http.Header
}

// fake is a server that answers from a script and keeps what it was asked.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

// reply writes an answer of the API.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func newFake(t *testing.T, handle func(w http.ResponseWriter, n int, c call)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c := call{
			method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, body: string(body), header: r.Header,
			namespace: r.Header.Get("X-Vault-Namespace"), token: r.Header.Get("X-Vault-Token"),
			contentType: r.Header.Get("Content-Type"), wrapTTL: r.Header.Get("X-Vault-Wrap-Ttl"),
		}
		f.mu.Lock()
		f.calls = append(f.calls, c)
		n := len(f.calls)
		f.mu.Unlock()
		handle(w, n, c)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) seen() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// paths are the paths asked for, without /v1/.
func (f *fake) paths() []string {
	var paths []string
	for _, c := range f.seen() {
		paths = append(paths, strings.TrimPrefix(c.path, "/v1/"))
	}
	return paths
}

func (f *fake) client(t *testing.T, changes ...func(*openbao.Config)) (*openbao.Client, *fakeClock) {
	t.Helper()
	clock := newClock()
	config := openbao.Config{Address: f.URL, Token: secret("s.given-token"), Clock: clock}
	for _, change := range changes {
		change(&config)
	}
	c, err := openbao.New(config)
	mustNot(t, err)
	return c, clock
}
