package openbao

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

var _ migrate.Target = (*Client)(nil)

// Client talks to one OpenBao server or cluster as one identity. It is safe for
// concurrent use. Every textual form of it redacts.
type Client struct {
	config    Config
	session   *session
	transport *transport
	engines   *sync.Map // engineKey to migrate.Engine
	lookups   singleflight.Group
	writes    *ownWrites
	entrusted entrusted
	folders   sync.Map // folderKey to func() (map[string]bool, error)
}

// New checks the configuration and prepares a client. It dials nothing, reads
// no BAO_* or VAULT_* variable and creates no child token; without a proxy in the
// configuration the standard variables of Go's HTTP client apply. What is wrong is
// told as a [*ConfigError].
func New(config Config) (*Client, error) {
	config, err := config.validate()
	if err != nil {
		return nil, err
	}
	nodes, err := newTransport(config)
	if err != nil {
		return nil, err
	}
	client := &Client{config: config, transport: nodes, engines: &sync.Map{}, writes: &ownWrites{}}
	client.session = newSession(client, config)
	return client, nil
}

// WithToken returns a client that shares connections and settings with this one
// but acts with another token, which it neither renews nor revokes.
func (c *Client) WithToken(token migrate.Secret) *Client {
	config := c.config
	config.Token, config.Login = token, nil
	// What one token may see of the mounts is not what another may.
	client := &Client{config: config, transport: c.transport, engines: &sync.Map{}, writes: &ownWrites{}}
	client.session = newSession(client, config)
	return client
}

// Close revokes the tokens that the client created by logging in and those that
// it was entrusted with, and does nothing for a token it was given. Afterwards
// the client logs in no more.
func (c *Client) Close(ctx context.Context) error {
	return errors.Join(c.revokeAllEntrusted(ctx), c.session.close(ctx))
}

// Addresses are the addresses of the server's nodes, in the order in which they
// are tried.
func (c *Client) Addresses() []string { return c.config.addresses() }

// At returns a client of the same settings for the node at one address, without
// a token or a login: it only asks what everybody may ask.
func (c *Client) At(address string) (*Client, error) {
	if strings.Contains(address, ",") {
		return nil, &ConfigError{Field: "address", Err: fmt.Errorf("%q is more than one", address)}
	}
	config := c.config
	config.Address, config.Token, config.Login = address, migrate.Secret{}, nil
	return New(config)
}

// Namespace is the namespace of the client; empty is the root namespace.
func (c *Client) Namespace() string { return c.config.Namespace }

// String shows the address only.
func (c *Client) String() string {
	if c == nil {
		return "openbao.Client(nil)"
	}
	return fmt.Sprintf("openbao.Client{%s}", c.config)
}

// GoString redacts.
func (c *Client) GoString() string { return c.String() }

// Format redacts under every verb and flag: the fields of a struct are printed
// without their own methods when they are unexported.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue redacts.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
