package ocivault

import (
	"net/http"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Ways to authenticate, as Oracle's Terraform provider names them. They are
// compared without regard to case.
const (
	AuthAPIKey = "ApiKey"
	// AuthSecurityToken takes the session token and the session's own key from a
	// profile of ConfigFilePath, and the token anew for every request.
	AuthSecurityToken = "SecurityToken"
	// AuthInstancePrincipal is the identity of the instance that this runs on.
	AuthInstancePrincipal = "InstancePrincipal"
	// AuthResourcePrincipal is the identity that OCI gives a resource, such as a
	// function, in environment variables.
	AuthResourcePrincipal = "ResourcePrincipal"
	// AuthOKEWorkloadIdentity is the identity of a pod's service account.
	AuthOKEWorkloadIdentity = "OKEWorkloadIdentity"
)

// Defaults of [Config].
const (
	// DefaultMaxConcurrency is the number of requests that may be under way at
	// once. A signature costs about a millisecond of CPU, so more only adds latency.
	DefaultMaxConcurrency = 8
	// DefaultRetryMaxElapsed bounds one call with all its retries.
	DefaultRetryMaxElapsed = 2 * time.Minute
	// DefaultProfile is the profile of a configuration file that is read when none is named.
	DefaultProfile = "DEFAULT"
)

// Config is everything a [Client] needs, already resolved from the provider
// block, the environment and so on. White space around values is trimmed.
type Config struct {
	// Auth is the way to authenticate; empty means [AuthAPIKey].
	Auth string
	// Region is a region identifier such as "eu-frankfurt-1", or its short code.
	// A region that the SDK does not know is taken to be in the commercial realm.
	// An instance knows its own, as do resources and pods.
	Region string

	// TenancyOCID, UserOCID and Fingerprint identify an API key. What is empty
	// is taken from the profile, when ConfigFilePath is set.
	TenancyOCID string
	UserOCID    string
	Fingerprint string
	// PrivateKey is an RSA key in PEM form, where a literal \n stands for a line
	// break. It wins over PrivateKeyPath.
	PrivateKey         migrate.Secret
	PrivateKeyPath     string
	PrivateKeyPassword migrate.Secret

	// ConfigFilePath is an OCI configuration file; empty reads none. A leading ~
	// in this path and in those of the file is HomeDir.
	ConfigFilePath string
	// ConfigFileProfile is a profile of it; empty means [DefaultProfile].
	ConfigFileProfile string
	// SecurityTokenFile holds the token of a session instead of the profile's;
	// then the key is that of the settings before that of the profile.
	SecurityTokenFile string
	// ServiceAccountTokenPath is the file with a pod's service account token;
	// empty means the usual one.
	ServiceAccountTokenPath string
	// HomeDir is what ~ expands to; empty means the home directory of the process.
	HomeDir string

	// Endpoints replace the hosts that follow from the region.
	Endpoints Endpoints
	// CACertPEM holds roots to trust beside the system's, for private endpoints.
	CACertPEM []byte

	// MaxConcurrency is the number of requests under way at once, 1 or more; 0
	// means [DefaultMaxConcurrency].
	MaxConcurrency int
	// RetryMaxElapsed bounds one call with all its retries; 0 means
	// [DefaultRetryMaxElapsed], a negative value no retries.
	RetryMaxElapsed time.Duration
	// UserAgent is put before the SDK's own.
	UserAgent string

	// Clock is the time for waiting and for judging expiry; nil is the machine's.
	Clock migrate.Clock
	// Transport replaces the HTTP transport, for tests; nil builds one.
	Transport http.RoundTripper
}

// Endpoints are full URLs with scheme and without path, such as
// "https://secrets.vaults.example.com". Plain http is for loopback hosts only.
type Endpoints struct {
	Secrets  string // reads content
	Vaults   string // reads metadata of secrets
	Identity string // lists compartments
	KMS      string // lists vaults
}

// ConfigError is a setting that cannot work.
type ConfigError struct {
	// Field names the setting as the provider block does, with a dot before a
	// nested name: "private_key", "endpoints.secrets".
	Field string
	Err   error
}

// Error is "<field>: <reason>". It never contains key material or a password.
func (e *ConfigError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap gives the reason.
func (e *ConfigError) Unwrap() error { return e.Err }
