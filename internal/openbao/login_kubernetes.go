package openbao

import (
	"context"
	"errors"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// DefaultServiceAccountTokenFile is where a pod finds the token of its service
// account.
const DefaultServiceAccountTokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // a path

// KubernetesLogin is a login with the token of a service account at
// auth/<mount>/login.
type KubernetesLogin struct {
	// MountPath is the auth mount; empty is "kubernetes".
	MountPath string
	// Namespace of the auth mount, absolute; empty is that of the client. It has
	// nothing to do with a namespace of Kubernetes.
	Namespace string
	Role      string
	Token     migrate.Secret
	// TokenFile is a file with the token, read at each login, instead of Token. When
	// both are empty it is DefaultServiceAccountTokenFile.
	TokenFile string
}

func (KubernetesLogin) method() string { return "kubernetes" }

func (k KubernetesLogin) place(client string) string { return placeOf(k.Namespace, client) }

func (k KubernetesLogin) validate(Config) (Login, error) {
	var err error
	if k.MountPath, err = checkMount(k.method(), k.MountPath); err != nil {
		return k, err
	}
	if k.Role = strings.TrimSpace(k.Role); k.Role == "" {
		return k, &ConfigError{Field: "auth_kubernetes.role", Err: errors.New("it is empty")}
	}
	k.Token = trimmed(k.Token)
	switch {
	case k.Token.Len() > 0 && k.TokenFile != "":
		return k, &ConfigError{Field: "auth_kubernetes.token_file", Err: errors.New("a token is given as well: choose one")}
	case k.Token.Len() == 0 && k.TokenFile == "":
		k.TokenFile = DefaultServiceAccountTokenFile
	}
	return k, checkNamespace(k.method(), k.Namespace)
}

func (k KubernetesLogin) logIn(ctx context.Context, s *session) (TokenInfo, error) {
	token, err := credential("token of the service account", k.Token, k.TokenFile)
	if err != nil {
		return TokenInfo{}, err
	}
	r := loginRequest("Kubernetes login", k.MountPath, map[string]string{"role": k.Role, "jwt": string(token.Reveal())})
	r.namespace = s.namespace
	r.advice = "that the role is bound to this service account, its namespace and the audience of its token, " +
		"that the token has not expired, that OpenBao reaches the cluster and may review tokens there (system:auth-delegator)"
	return s.client.login(ctx, r)
}
