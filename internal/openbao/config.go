package openbao

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Defaults of [Config].
const (
	DefaultMaxRetries      = 2
	DefaultRetryMaxElapsed = 30 * time.Second
	DefaultRequestTimeout  = 60 * time.Second
	DefaultHangTimeout     = 3 * time.Second
	DefaultAppRoleMount    = "approle"
)

// Config says which server to talk to and as whom. It is pure data: where the
// values come from (block, environment, file) is decided elsewhere. Every
// textual form of it redacts.
type Config struct {
	// Address is "http://host:port", "https://host:port" or "unix:///socket",
	// optionally with a path in front of /v1. It holds no user information.
	// Several nodes of one cluster are separated by commas and tried in order.
	Address string
	// Namespace is where the client works; empty or "root" is the root namespace.
	Namespace string
	// Token is used as it is: never renewed, never revoked. White space around
	// it is dropped.
	Token migrate.Secret
	// Login gets a token when the first request needs one, instead of Token.
	Login Login

	// CACertPEM holds the only roots that the server's certificate may chain
	// to; empty means those of the system.
	CACertPEM []byte
	// ClientCertPEM and ClientKeyPEM are a pair for TLS client authentication.
	ClientCertPEM []byte
	ClientKeyPEM  migrate.Secret
	// TLSServerName replaces the host of Address in the certificate check.
	TLSServerName string
	// SkipTLSVerify accepts any certificate.
	SkipTLSVerify bool

	// Proxy is asked for every request; nil is what the standard variables of Go's
	// HTTP client say. It may hold a password.
	Proxy *url.URL

	// Headers go with every request. X-Vault-Token and X-Vault-Namespace are
	// refused here: they have their own fields.
	Headers map[string]string
	// UserAgent is sent when set.
	UserAgent string

	// MaxRetries bounds the repetitions after a failed connection or a gateway
	// error; nil is DefaultMaxRetries, 0 turns all repetitions off.
	MaxRetries *int
	// RetryMaxElapsed bounds the whole time that one request may wait between
	// repetitions; 0 is DefaultRetryMaxElapsed. States of the server that pass
	// by themselves (leader election, rate limit) are waited for this long.
	RetryMaxElapsed time.Duration
	// RequestTimeout bounds one attempt; 0 is DefaultRequestTimeout.
	RequestTimeout time.Duration
	// StreamPause bounds the time without a byte of an answer that is streamed; 0
	// is ten minutes.
	StreamPause time.Duration
	// HangTimeout, where there are several addresses, is how long a node may be
	// silent before it is asked for its health, and how long it may take to tell
	// it; one that does not is given up. 0 is DefaultHangTimeout.
	HangTimeout time.Duration

	// Clock is the time; nil is that of the machine.
	Clock migrate.Clock
}

// ConfigError says which setting is wrong. Field is the name of the setting in
// the provider block, such as "address" or "ca_cert_pem".
type ConfigError struct {
	Field string
	Err   error
}

// Error is "<field>: <what is wrong>".
func (e *ConfigError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// String shows what is no secret.
func (c Config) String() string {
	login := "none"
	switch {
	case c.Token.Len() > 0:
		login = "token"
	case c.Login != nil:
		login = c.Login.method()
	}
	return fmt.Sprintf("openbao.Config{Address: %q, Namespace: %q, login: %s}", c.Address, c.Namespace, login)
}

// GoString redacts.
func (c Config) GoString() string { return c.String() }

// Format redacts under every verb and flag.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue redacts.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText redacts; encoding/json uses it as well.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// validate checks what can be checked without dialling and returns a copy with
// the defaults filled in.
func (c Config) validate() (Config, error) {
	addresses := c.addresses()
	for _, address := range addresses {
		if err := validateAddress(address); err != nil {
			return c, &ConfigError{Field: "address", Err: err}
		}
	}
	c.Address = strings.Join(addresses, ",")
	c.Namespace = JoinNamespace(c.Namespace, "")
	if err := ValidateNamespace(c.Namespace); err != nil {
		return c, &ConfigError{Field: "namespace", Err: err}
	}
	c.Token = trimmed(c.Token)
	if err := checkToken(c.Token); err != nil {
		return c, &ConfigError{Field: "token", Err: err}
	}
	if c.Login != nil {
		if c.Token.Len() > 0 {
			return c, &ConfigError{Field: "auth_" + c.Login.method(), Err: fmt.Errorf("a token is given as well: choose one way to log in")}
		}
		login, err := c.Login.validate(c)
		if err != nil {
			return c, err
		}
		c.Login = login
	}
	for name, value := range c.Headers {
		switch key := http.CanonicalHeaderKey(name); {
		case name == "" || strings.ContainsAny(name, " \t\r\n:"):
			return c, &ConfigError{Field: "headers", Err: fmt.Errorf("%q is no header name", name)}
		case strings.ContainsAny(value, "\r\n"):
			return c, &ConfigError{Field: "headers", Err: fmt.Errorf("the value of %q contains a line break", name)}
		case slices.Contains(ownHeaders, key):
			return c, &ConfigError{Field: "headers", Err: fmt.Errorf("%q is set by the provider itself: use the token and namespace arguments", name)}
		}
	}
	if c.MaxRetries == nil {
		n := DefaultMaxRetries
		c.MaxRetries = &n
	}
	if *c.MaxRetries < 0 {
		return c, &ConfigError{Field: "max_retries", Err: fmt.Errorf("it is negative")}
	}
	if c.RetryMaxElapsed == 0 {
		c.RetryMaxElapsed = DefaultRetryMaxElapsed
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = DefaultRequestTimeout
	}
	if c.HangTimeout == 0 {
		c.HangTimeout = DefaultHangTimeout
	}
	if c.Clock == nil {
		c.Clock = migrate.SystemClock{}
	}
	return c, nil
}

// addresses are the addresses in order, each once; there is always one, which
// may be empty.
func (c Config) addresses() []string {
	var addresses []string
	for address := range strings.SplitSeq(c.Address, ",") {
		if address = strings.TrimSpace(address); address != "" && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	if addresses == nil {
		return []string{""}
	}
	return addresses
}

// ownHeaders carry what has a setting of its own or what the client decides
// for each request.
var ownHeaders = []string{
	"X-Vault-Token", "X-Vault-Namespace", "X-Vault-Wrap-Ttl", "X-Vault-Request", "Content-Type", "Content-Length", "Host",
}

// checkToken refuses what cannot go into a header.
func checkToken(token migrate.Secret) error {
	if bytes.ContainsFunc(token.Reveal(), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("it contains characters that no token has, such as a line break")
	}
	return nil
}

func validateAddress(address string) error {
	if address == "" {
		return fmt.Errorf("it is empty: want a URL such as https://bao.example.com:8200")
	}
	u, err := url.Parse(address)
	if err != nil {
		// The cause repeats the address, which may hold a password.
		return fmt.Errorf("it is no URL: want one such as https://bao.example.com:8200")
	}
	switch {
	case u.User != nil:
		return fmt.Errorf("it holds a user name or password, which OpenBao does not use: remove the part before @")
	case u.Scheme == "unix" && u.Host == "" && u.Path != "":
		return nil
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q does not begin with https:// or http://", address)
	case u.Hostname() == "":
		return fmt.Errorf("%q names no host", address)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q has a query or a fragment: remove what follows ? or #", address)
	case u.Path == "/v1" || strings.HasPrefix(u.Path, "/v1/"):
		return fmt.Errorf("%q includes the API path: remove /v1 and what follows", address)
	}
	return nil
}
