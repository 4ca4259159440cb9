// Package baoserver runs an OpenBao-compatible server in this process: the core
// of Vault 1.14.1 (MPL-2.0), the line that OpenBao was forked from, in memory,
// on loopback, for tests and the demo only.
package baoserver

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// Options say how to start a server. The zero value listens on a free port of
// 127.0.0.1 over plain HTTP, with a random root token.
type Options struct {
	// Listen is host:port; the host must be a loopback address.
	Listen string
	// RootToken is the root token's ID; empty makes a random one.
	RootToken string
	// NoKV leaves out the KV v2 engine at secret/.
	NoKV bool
	// TLSCertDir, when set, turns TLS on and receives the certificate files.
	TLSCertDir string
	// AsOpenBao makes the server refuse what OpenBao 2.6 refuses.
	AsOpenBao bool
	// Logger takes the server's log; nil drops it.
	Logger hclog.Logger
}

// Server is a running, unsealed server.
type Server struct {
	// Address is the server's URL.
	Address string
	// RootToken is a token with the root policy.
	RootToken string
	// UnsealKey, base64, unseals the server after a seal.
	UnsealKey string
	// CACertFile is the CA to trust; empty without TLS.
	CACertFile string

	core   *vault.Core
	http   *http.Server
	served chan error
}

// Start starts a server and returns once it is unsealed and serves requests.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	listener, err := listenLoopback(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{Address: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	if err := s.start(ctx, o, listener); err != nil {
		_ = listener.Close()
		if s.core != nil {
			_ = s.core.Shutdown()
		}
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options, listener net.Listener) error {
	if o.TLSCertDir != "" {
		files, err := writeCertificates(o.TLSCertDir)
		if err != nil {
			return err
		}
		pair, err := tls.LoadX509KeyPair(files.cert, files.key)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: []tls.Certificate{pair},
			MinVersion:   tls.VersionTLS12,
			// For the cert auth method, which checks it.
			ClientAuth: tls.RequestClientCert,
			NextProtos: []string{"h2", "http/1.1"},
		})
		s.Address = "https://" + listener.Addr().String()
		s.CACertFile = files.ca
	}

	config, err := coreConfig(o)
	if err != nil {
		return err
	}
	if s.core, err = vault.NewCore(config); err != nil {
		return fmt.Errorf("making the core: %w", err)
	}
	if err := s.unseal(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx, o); err != nil {
		return err
	}

	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: s.core})
	if o.AsOpenBao {
		handler = asOpenBao(handler, s.core.Sealed)
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          o.Logger.StandardLogger(&hclog.StandardLoggerOptions{InferLevels: true}),
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return nil
}

// coreConfig is the configuration of a development core: one node, in memory.
func coreConfig(o Options) (*vault.CoreConfig, error) {
	storage, err := inmem.NewInmem(nil, o.Logger)
	if err != nil {
		return nil, err
	}
	secret, auth := secretEngines(), authMethods(o.AsOpenBao)
	metrics, sink := metricsHelper()
	return &vault.CoreConfig{
		Physical:           storage,
		StorageType:        "inmem",
		Logger:             o.Logger,
		DisableMlock:       true,
		EnableRaw:          true,
		LogicalBackends:    secret,
		CredentialBackends: auth,
		AuditBackends:      auditDevices(o.AsOpenBao),
		BuiltinRegistry:    registry{secret: secret, auth: auth},
		MetricsHelper:      metrics,
		MetricSink:         sink,
		// OpenBao's tokens begin with "s.", which is what the core makes
		// without server-side consistent tokens.
		DisableSSCTokens: true,
	}, nil
}

// unseal initializes the core with a single key and unseals it.
func (s *Server) unseal(ctx context.Context) error {
	ctx = rootContext(ctx)
	result, err := s.core.Initialize(ctx, &vault.InitParams{
		BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return fmt.Errorf("initializing: %w", err)
	}
	s.RootToken = result.RootToken
	s.UnsealKey = base64.StdEncoding.EncodeToString(result.SecretShares[0])
	unsealed, err := s.core.Unseal(result.SecretShares[0])
	if err != nil {
		return fmt.Errorf("unsealing: %w", err)
	}
	if !unsealed {
		return errors.New("still sealed after the only key")
	}
	return nil
}

// Wait blocks until the server stops serving and says why; nil after Stop.
func (s *Server) Wait() error {
	err := <-s.served
	s.served <- err
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Stop ends the requests under way, then the core.
func (s *Server) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(s.http.Shutdown(ctx), s.core.Shutdown())
}
