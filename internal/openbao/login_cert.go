package openbao

import (
	"context"
	"errors"
	"strings"
)

// CertLogin is a login with the TLS client certificate of the client at
// auth/<mount>/login.
type CertLogin struct {
	// MountPath is the auth mount; empty is "cert".
	MountPath string
	// Namespace of the auth mount, absolute; empty is that of the client.
	Namespace string
	// Name is the certificate role; empty lets the server try all of the mount.
	Name string
}

func (CertLogin) method() string { return "cert" }

func (l CertLogin) place(client string) string { return placeOf(l.Namespace, client) }

func (l CertLogin) validate(config Config) (Login, error) {
	var err error
	if l.MountPath, err = checkMount(l.method(), l.MountPath); err != nil {
		return l, err
	}
	l.Name = strings.TrimSpace(l.Name)
	switch {
	case !strings.HasPrefix(config.Address, "https://"):
		return l, &ConfigError{Field: "address", Err: errors.New("auth_cert needs TLS: want an address that begins with https://")}
	case len(config.ClientCertPEM) == 0 || config.ClientKeyPEM.Len() == 0:
		return l, &ConfigError{Field: "auth_cert", Err: errors.New("it needs a client certificate and its key")}
	}
	return l, checkNamespace(l.method(), l.Namespace)
}

func (l CertLogin) logIn(ctx context.Context, s *session) (TokenInfo, error) {
	body := map[string]string{}
	if l.Name != "" {
		body["name"] = l.Name
	}
	r := loginRequest("certificate login", l.MountPath, body)
	r.namespace, r.confidential = s.namespace, false
	r.advice = "that a role of the mount trusts the authority of the client certificate and allows its names, that the certificate has not expired, " +
		"that no proxy in between ends TLS"
	return s.client.login(ctx, r)
}
