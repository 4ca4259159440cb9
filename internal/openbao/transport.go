package openbao

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/openbao/openbao/api/v2"
)

// newHTTPClient makes the HTTP client with the TLS settings: TLS 1.2 at least,
// no redirect followed by itself (the API client follows one, with token and
// body, and never from https to http).
func newHTTPClient(config Config, address string) (*http.Client, error) {
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
		return nil, &ConfigError{Field: "client_key_file", Err: errors.New("a client certificate is given without its key")}
	case !hasCert && hasKey:
		return nil, &ConfigError{Field: "client_cert_file", Err: errors.New("a client key is given without its certificate")}
	case hasCert:
		pair, err := tls.X509KeyPair(config.ClientCertPEM, config.ClientKeyPEM.Reveal())
		if err != nil {
			return nil, &ConfigError{Field: "client_cert_file", Err: fmt.Errorf("certificate and key are no pair: %w", err)}
		}
		// Presented whatever authorities the server names: the CA of the cert
		// auth method need not be among those of the listener.
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if config.Proxy != nil && !strings.HasPrefix(address, "unix:") {
		transport.Proxy = http.ProxyURL(config.Proxy)
	}
	transport.MaxIdleConnsPerHost = maxIdleConnections
	return base.HttpClient, nil
}

// transport holds the nodes that may be asked.
type transport struct {
	nodes []*node
	mu    sync.Mutex
	// current is the node that is asked: the one that served last.
	current int
	// down says that a request has waited in vain for any node to serve it. The
	// others then do not wait all that time again, each of its own.
	down atomic.Bool
}

func newTransport(config Config) (*transport, error) {
	t := &transport{}
	for _, address := range config.addresses() {
		node, err := newNode(config, address)
		if err != nil {
			return nil, err
		}
		t.nodes = append(t.nodes, node)
	}
	return t, nil
}

// now is the node to ask.
func (t *transport) now() *node {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nodes[t.current]
}

// after moves on from a node that does not serve to one that was not tried yet,
// or returns nil where there is none. Who comes late goes where the others went.
func (t *transport) after(failed *node, tried []*node) *node {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.nodes[t.current] == failed {
		t.current = (t.current + 1) % len(t.nodes)
	}
	for range t.nodes {
		if next := t.nodes[t.current]; !slices.Contains(tried, next) {
			return next
		}
		t.current = (t.current + 1) % len(t.nodes)
	}
	return nil
}

// maxIdleConnections keeps the connections of a bulk migration open between
// requests.
const maxIdleConnections = 32
