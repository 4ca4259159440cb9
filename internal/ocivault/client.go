package ocivault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/identity"
	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Client reads from OCI Vault. It is safe for concurrent use; all its calls
// share one transport and one bound on concurrency.
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
	usesToken       bool
	region          string
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
	made, err := resolveCredentials(cfg)
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
		limiter:         newLimiter(cfg.MaxConcurrency),
		clock:           cfg.Clock,
		retryMaxElapsed: cfg.RetryMaxElapsed,
		maxConcurrency:  cfg.MaxConcurrency,
		usesToken:       made.tokenFile != "",
		region:          made.region,
	}
	if err := c.connect(made, endpoints, strings.TrimSpace(cfg.UserAgent)); err != nil {
		return nil, err
	}
	return c, nil
}

// connect makes the SDK clients; none of them dials before its first call.
func (c *Client) connect(made *credentials, endpoints Endpoints, userAgent string) error {
	region := func(err error) error { return &ConfigError{Field: "region", Err: err} }
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
	c.take(&c.secrets.BaseClient, endpoints.Secrets, userAgent)
	c.take(&c.vaults.BaseClient, endpoints.Vaults, userAgent)
	c.take(&c.identity.BaseClient, endpoints.Identity, userAgent)
	c.take(&c.kms.BaseClient, endpoints.KMS, userAgent)
	return nil
}

// take puts an SDK client under this package's transport and retries. The SDK's
// circuit breaker would fail everything for half a minute after some throttling.
func (c *Client) take(base *common.BaseClient, endpoint, userAgent string) {
	once := common.NoRetryPolicy()
	base.Configuration.RetryPolicy = &once
	base.Configuration.CircuitBreaker = nil
	base.HTTPClient = c.dispatcher
	if endpoint != "" {
		base.Host = endpoint
	}
	if userAgent != "" {
		base.UserAgent = userAgent + " " + base.UserAgent
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

// Region is the identifier of the region that the client works in.
func (c *Client) Region() string { return c.region }

// Close closes idle connections. The client may be used again after it.
func (c *Client) Close() { c.dispatcher.client.CloseIdleConnections() }

// Format prints the region only, under every verb: the rest holds the key.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "(OCI client for "+c.region+")")
}
