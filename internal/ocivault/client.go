package ocivault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/identity"
	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Client reads from OCI Vault. It is safe for concurrent use; all its calls
// share one transport, one bound on concurrency and one pace.
type Client struct {
	secrets  secrets.SecretsClient
	vaults   vault.VaultsClient
	identity identity.IdentityClient
	kms      keymanagement.KmsVaultClient

	dispatcher      *dispatcher
	limiter         *limiter
	clock           migrate.Clock
	retryMaxElapsed time.Duration
	maxConcurrency  int
	auth            string

	endpoints Endpoints
	userAgent string
	principal *principal // nil for keys and tokens from files

	connecting sync.Mutex // guards the making of the SDK clients
	region     string     // empty until they are made
}

var _ migrate.Source = (*Client)(nil)

// New checks the settings and makes a client. It reads the files that they name
// and dials nothing. Errors are *[ConfigError].
func New(cfg Config) (*Client, error) {
	if cfg.MaxConcurrency < 0 {
		return nil, &ConfigError{Field: "max_concurrency", Err: errors.New("must be 1 or greater")}
	}
	if cfg.MaxConcurrency == 0 {
		cfg.MaxConcurrency = DefaultMaxConcurrency
	}
	if cfg.RetryMaxElapsed == 0 {
		cfg.RetryMaxElapsed = DefaultRetryMaxElapsed
	}
	if cfg.Clock == nil {
		cfg.Clock = migrate.SystemClock{}
	}
	endpoints, err := checkEndpoints(cfg.Endpoints)
	if err != nil {
		return nil, err
	}
	auth, err := checkAuth(cfg.Auth)
	if err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		if transport, err = newTransport(cfg.MaxConcurrency, cfg.CACertPEM); err != nil {
			return nil, err
		}
	}
	c := &Client{
		dispatcher:      newDispatcher(transport, cfg.Clock.Now),
		limiter:         newLimiter(cfg.MaxConcurrency, cfg.Clock),
		clock:           cfg.Clock,
		retryMaxElapsed: cfg.RetryMaxElapsed,
		maxConcurrency:  cfg.MaxConcurrency,
		auth:            auth,
		endpoints:       endpoints,
		userAgent:       strings.TrimSpace(cfg.UserAgent),
	}
	made, err := c.authenticate(cfg, transport)
	if err != nil {
		return nil, err
	}
	if made.region == "" {
		return c, nil
	}
	if err := c.connect(made); err != nil {
		return nil, err
	}
	return c, nil
}

// authenticate reads files and keys and dials nothing. The region of a workload
// may remain to be asked for.
func (c *Client) authenticate(cfg Config, transport http.RoundTripper) (*credentials, error) {
	var err error
	made := &credentials{}
	switch c.auth {
	case AuthAPIKey:
		return apiKey(cfg)
	case AuthSecurityToken:
		return securityToken(cfg)
	case AuthInstancePrincipal:
		if cfg.Region = strings.TrimSpace(cfg.Region); cfg.Region != "" {
			made.region, err = checkRegion(cfg.Region)
		}
		c.principal = instancePrincipal(made.region, transport)
	case AuthResourcePrincipal:
		c.principal, made.region, err = resourcePrincipal(cfg)
	case AuthOKEWorkloadIdentity:
		c.principal, made.region, err = okeWorkloadIdentity(cfg)
	}
	return made, err
}

// ready makes the SDK clients where only the workload itself knows its region.
func (c *Client) ready(ctx context.Context) error {
	if c.Region() != "" {
		return nil
	}
	made, err := c.principal.session(ctx)
	if err != nil {
		return err
	}
	c.connecting.Lock()
	defer c.connecting.Unlock()
	if c.region != "" {
		return nil
	}
	return c.connect(made)
}

// connect makes the SDK clients; none of them dials before its first call.
func (c *Client) connect(from *credentials) error {
	region := func(err error) error { return &ConfigError{Field: "region", Err: err} }
	var made common.ConfigurationProvider = from
	if c.principal != nil {
		made = &regionOnly{credentials{region: from.region}}
	}
	var err error
	if c.secrets, err = secrets.NewSecretsClientWithConfigurationProvider(made); err != nil {
		return region(err)
	}
	if c.vaults, err = vault.NewVaultsClientWithConfigurationProvider(made); err != nil {
		return region(err)
	}
	if c.identity, err = identity.NewIdentityClientWithConfigurationProvider(made); err != nil {
		return region(err)
	}
	if c.kms, err = keymanagement.NewKmsVaultClientWithConfigurationProvider(made); err != nil {
		return region(err)
	}
	c.take(&c.secrets.BaseClient, c.endpoints.Secrets)
	c.take(&c.vaults.BaseClient, c.endpoints.Vaults)
	c.take(&c.identity.BaseClient, c.endpoints.Identity)
	c.take(&c.kms.BaseClient, c.endpoints.KMS)
	c.region = from.region
	return nil
}

// take puts an SDK client under this package's transport and retries. The SDK's
// circuit breaker would fail everything for half a minute after some throttling.
func (c *Client) take(base *common.BaseClient, endpoint string) {
	once := common.NoRetryPolicy()
	base.Configuration.RetryPolicy = &once
	base.Configuration.CircuitBreaker = nil
	base.HTTPClient = c.dispatcher
	if endpoint != "" {
		base.Host = endpoint
	}
	if c.userAgent != "" {
		base.UserAgent = c.userAgent + " " + base.UserAgent
	}
	if c.principal != nil {
		base.Signer = sessionSigner{c.principal}
	}
}

func checkEndpoints(given Endpoints) (Endpoints, error) {
	checked := given
	for _, each := range []struct {
		name  string
		value *string
	}{
		{"secrets", &checked.Secrets},
		{"vaults", &checked.Vaults},
		{"identity", &checked.Identity},
		{"kms", &checked.KMS},
	} {
		endpoint, err := checkEndpoint(each.name, *each.value)
		if err != nil {
			return Endpoints{}, err
		}
		*each.value = endpoint
	}
	return checked, nil
}

// MaxConcurrency is the number of calls that may usefully be made at once.
func (c *Client) MaxConcurrency() int { return c.maxConcurrency }

// Region is the identifier of the region that the client works in; empty as long
// as only the instance knows it and has not been asked.
func (c *Client) Region() string {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	return c.region
}

// Close closes idle connections. The client may be used again after it.
func (c *Client) Close() { c.dispatcher.client.CloseIdleConnections() }

// Format prints the region only, under every verb: the rest holds the key.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "(OCI client for "+c.Region()+")")
}
