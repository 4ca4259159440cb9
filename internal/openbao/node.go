package openbao

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbao/openbao/api/v2"
)

// node is one address with an API client for each namespace in use.
type node struct {
	address string
	// template never sends a request: the API client keeps the namespace in
	// itself, so each namespace gets a copy, made under the lock.
	mu          sync.Mutex
	template    *api.Client
	byNamespace map[string]*api.Client
	// heard is when the node answered last, in nanoseconds of the clock.
	heard atomic.Int64
}

func newNode(config Config, address string) (*node, error) {
	httpClient, err := newHTTPClient(config, address)
	if err != nil {
		return nil, err
	}
	template, err := api.NewClient(&api.Config{
		Address:            address,
		HttpClient:         httpClient,
		DisableEnvironment: true,
		CheckRetry:         func(context.Context, *http.Response, error) (bool, error) { return false, nil },
		// Servers that know the index header hold a read on a standby back until
		// it has seen this client's own writes; the others ignore it.
		DefaultStrongConsistency: true,
	})
	if err != nil {
		return nil, &ConfigError{Field: "address", Err: fmt.Errorf("the API client refuses it: %w", err)}
	}
	for name, value := range config.Headers {
		template.AddHeader(name, value)
	}
	if config.UserAgent != "" {
		template.AddHeader("User-Agent", config.UserAgent)
	}
	return &node{address: address, template: template, byNamespace: map[string]*api.Client{}}, nil
}

// in returns the API client for an absolute namespace.
func (n *node) in(namespace string) *api.Client {
	n.mu.Lock()
	defer n.mu.Unlock()
	client, found := n.byNamespace[namespace]
	if !found {
		client = n.template.WithNamespace(namespace)
		n.byNamespace[namespace] = client
	}
	return client
}

// heardLately is for how long an answer tells that a node lives.
const heardLately = 2 * time.Second

// errHangs is how a request ends to a node that takes connections and answers
// nothing.
var errHangs = errors.New("the node hangs: it answers neither the request nor a health check")

// lives asks a node for its health, whatever that is.
func (c *Client) lives(ctx context.Context, n *node) bool {
	limited, cancel := context.WithTimeout(ctx, c.config.HangTimeout)
	defer cancel()
	_, err := c.exchange(limited, healthRequest(), n)
	return err == nil
}

// ready reports whether a request that must not be sent twice, or whose answer may
// be long in coming, may be sent to a node: to one that hangs it would be lost.
func (c *Client) ready(ctx context.Context, n *node) bool {
	if len(c.transport.nodes) == 1 {
		return true // it can only be sent there
	}
	return c.config.Clock.Now().Sub(time.Unix(0, n.heard.Load())) < heardLately || c.lives(ctx, n)
}

// watched is a context that ends when a node is found to hang, with errHangs as
// the cause: it was silent for HangTimeout and does not tell its health either. A
// node that does may take its time, as may the only one.
func (c *Client) watched(ctx context.Context, n *node) (context.Context, context.CancelFunc) {
	if len(c.transport.nodes) == 1 {
		return ctx, func() {}
	}
	limited, end := context.WithCancelCause(ctx)
	go func() {
		for {
			timer := time.NewTimer(c.config.HangTimeout)
			select {
			case <-limited.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			if !c.lives(limited, n) {
				end(errHangs)
			}
		}
	}()
	return limited, func() { end(nil) }
}
