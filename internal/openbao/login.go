package openbao

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Login is one way to get a token: [AppRoleLogin], [JWTLogin], [KubernetesLogin],
// [CertLogin] or [TokenFile].
type Login interface {
	// method is the name of the way, as in the argument auth_<method>.
	method() string
	// validate checks what can be checked without dialling and without reading
	// files, and returns a copy with the defaults filled in.
	validate(config Config) (Login, error)
	// place is the absolute namespace of the login, for a client that works in
	// another.
	place(client string) string
	// logIn gets a token. A refusal of the credentials is ErrLogin, one of a
	// wrapping token ErrWrappingToken.
	logIn(ctx context.Context, s *session) (TokenInfo, error)
}

// checkMount trims and checks the mount of an auth method.
func checkMount(method, mount string) (string, error) {
	if mount = strings.Trim(mount, "/"); mount == "" {
		return method, nil
	}
	if err := ValidateMount(mount); err != nil {
		return "", &ConfigError{Field: "auth_" + method + ".mount", Err: err}
	}
	return mount, nil
}

// checkNamespace checks the namespace of a login.
func checkNamespace(method, namespace string) error {
	if err := ValidateNamespace(namespace); err != nil {
		return &ConfigError{Field: "auth_" + method + ".namespace", Err: err}
	}
	return nil
}

// placeOf is the namespace of a login: its own, which is absolute, so that it can be
// above that of the client; else the client's.
func placeOf(own, client string) string {
	if own = strings.Trim(own, "/"); own == "" {
		return client
	}
	return JoinNamespace("", own)
}

// credential is what a login shows: a secret, or the content of a file, read at each
// login, since what puts it there may renew it while a run lasts. White space around
// it is dropped.
func credential(what string, given migrate.Secret, file string) (migrate.Secret, error) {
	if file == "" {
		return given, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return migrate.Secret{}, fmt.Errorf("unable to read the %s: %w", what, err)
	}
	secret := trimmed(migrate.NewSecret(content))
	if secret.Len() == 0 {
		return migrate.Secret{}, fmt.Errorf("unable to read the %s: the file %s is empty", what, file)
	}
	return secret, nil
}

func trimmed(secret migrate.Secret) migrate.Secret {
	return migrate.NewSecret(bytes.TrimSpace(secret.Reveal()))
}

// loginRequest is the call that logs in at auth/<mount>/login. It is sent at most
// once: the answer is all that ever names the token.
func loginRequest(operation, mount string, body map[string]string) request {
	return request{
		operation: operation, method: http.MethodPost, path: joinPath("auth", mount, "login"),
		body: jsonBody(body), confidential: true, public: []string{body["role"]}, anonymous: true, once: true,
	}
}

// TokenInfo is a token with what the server said when it was created or
// looked up.
type TokenInfo struct {
	// Token is empty in the answer to a lookup.
	Token    migrate.Secret
	Accessor string
	Policies []string
	// LeaseDuration is how long the token lasts from then on; 0 is without end.
	LeaseDuration time.Duration
	Renewable     bool
}

// parseAuth reads the auth part of an answer.
func parseAuth(r request, a *answer) (TokenInfo, error) {
	var auth struct {
		ClientToken   string   `json:"client_token"`
		Accessor      string   `json:"accessor"`
		Policies      []string `json:"policies"`
		LeaseDuration int64    `json:"lease_duration"`
		Renewable     bool     `json:"renewable"`

		MFARequirement json.RawMessage `json:"mfa_requirement"`
	}
	if !has(a.envelope.Auth) || json.Unmarshal(a.envelope.Auth, &auth) != nil {
		return TokenInfo{}, unexpected(r, "the answer holds no token")
	}
	if has(auth.MFARequirement) {
		return TokenInfo{}, &Error{
			Operation: r.operation, Path: r.path, Namespace: r.namespace, kinds: []error{ErrLogin},
			Err: errors.New("the server asks for a second factor, which the provider cannot give"), advice: "that no MFA enforcement covers the login",
		}
	}
	if auth.ClientToken == "" {
		return TokenInfo{}, unexpected(r, "the answer holds no token")
	}
	return TokenInfo{
		Token:         migrate.NewSecret([]byte(auth.ClientToken)),
		Accessor:      auth.Accessor,
		Policies:      auth.Policies,
		LeaseDuration: time.Duration(auth.LeaseDuration) * time.Second,
		Renewable:     auth.Renewable,
	}, nil
}

func (c *Client) login(ctx context.Context, r request) (TokenInfo, error) {
	a, err := c.send(ctx, r)
	if err != nil {
		return TokenInfo{}, loginError(err)
	}
	return parseAuth(r, a)
}

// isDead reports whether a token may not even look itself up
// (auth/token/lookup-self), which the default policy allows to all.
func (c *Client) isDead(ctx context.Context, namespace string, token migrate.Secret) bool {
	_, err := c.send(ctx, request{
		operation: "token lookup", method: http.MethodGet, namespace: namespace,
		path: "auth/token/lookup-self", token: token,
	})
	return status(err) == http.StatusForbidden
}

func parseLookup(r request, a *answer) (TokenInfo, error) {
	var data struct {
		Accessor  string   `json:"accessor"`
		Policies  []string `json:"policies"`
		TTL       int64    `json:"ttl"`
		Renewable bool     `json:"renewable"`
	}
	if err := a.decode(r, &data); err != nil {
		return TokenInfo{}, err
	}
	return TokenInfo{
		Accessor: data.Accessor, Policies: data.Policies,
		LeaseDuration: time.Duration(data.TTL) * time.Second, Renewable: data.Renewable,
	}, nil
}
