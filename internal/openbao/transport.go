package openbao

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/openbao/openbao/api/v2"
)

// newHTTPClient makes the HTTP client with the TLS settings: TLS 1.2 at least,
// no redirect followed by itself (the API client follows one, with token and
// body, and never from https to http).
func newHTTPClient(config Config) (*http.Client, error) {
	base := api.NewConfig()
	if base.Error != nil {
		return nil, fmt.Errorf("unable to prepare the HTTP client: %w", base.Error)
	}
	transport, ok := base.HttpClient.Transport.(*http.Transport)
	if !ok {
		return nil, errors.New("unable to prepare the HTTP client: unexpected kind of transport")
	}
	settings := transport.TLSClientConfig
	settings.MinVersion = tls.VersionTLS12
	settings.ServerName = config.TLSServerName
	settings.InsecureSkipVerify = config.SkipTLSVerify //nolint:gosec // the user asks for it by name
	if len(config.CACertPEM) > 0 {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(config.CACertPEM) {
			return nil, &ConfigError{Field: "ca_cert_pem", Err: errors.New("it holds no certificate in PEM form")}
		}
	}
	hasCert, hasKey := len(config.ClientCertPEM) > 0, config.ClientKeyPEM.Len() > 0
	switch {
	case hasCert && !hasKey:
		return nil, &ConfigError{Field: "client_key_pem", Err: errors.New("a client certificate is given without its key")}
	case !hasCert && hasKey:
		return nil, &ConfigError{Field: "client_cert_pem", Err: errors.New("a client key is given without its certificate")}
	case hasCert:
		pair, err := tls.X509KeyPair(config.ClientCertPEM, config.ClientKeyPEM.Reveal())
		if err != nil {
			return nil, &ConfigError{Field: "client_cert_pem", Err: fmt.Errorf("certificate and key are no pair: %w", err)}
		}
		// Presented whatever authorities the server names: the CA of the cert
		// auth method need not be among those of the listener.
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	transport.MaxIdleConnsPerHost = maxIdleConnections
	return base.HttpClient, nil
}

// transport holds an API client for each namespace in use.
type transport struct {
	// template never sends a request: the API client keeps the namespace in
	// itself, so each namespace gets a copy, made under the lock.
	mu          sync.Mutex
	template    *api.Client
	byNamespace map[string]*api.Client
}

func newTransport(template *api.Client) *transport {
	return &transport{template: template, byNamespace: map[string]*api.Client{}}
}

// in returns the API client for an absolute namespace.
func (t *transport) in(namespace string) *api.Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	client, found := t.byNamespace[namespace]
	if !found {
		client = t.template.WithNamespace(namespace)
		t.byNamespace[namespace] = client
	}
	return client
}

// maxIdleConnections keeps the connections of a bulk migration open between
// requests.
const maxIdleConnections = 32
