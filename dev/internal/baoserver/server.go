// Package baoserver runs an OpenBao-compatible server in this process: the core
// of Vault 1.14.1 (MPL-2.0), the line that OpenBao was forked from, on loopback,
// for tests and the demo only: in memory, or as a node of a Raft cluster.
package baoserver

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
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
	// Audit are the declared audit devices, and whether the API enables others.
	Audit AuditConfig
	// Logger takes the server's log; nil drops it.
	Logger hclog.Logger
}

// Server is a running server: unsealed in memory, or a node as its storage has
// it.
type Server struct {
	// Address is the server's URL.
	Address string
	// RootToken is a token with the root policy; empty for a node.
	RootToken string
	// UnsealKey, base64, unseals the server after a seal; empty for a node.
	UnsealKey string
	// CACertFile is the CA to trust; empty without TLS.
	CACertFile string

	core    *vault.Core
	storage io.Closer // nil in memory
	http    *http.Server
	served  chan error
	// auditAllowed says whether audit devices can be enabled now.
	auditAllowed atomic.Bool
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
		_ = s.end()
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
		if listener, err = s.overTLS(listener, files.cert, files.key); err != nil {
			return err
		}
		s.CACertFile = files.ca
	}

	s.auditAllowed.Store(true)
	config, err := s.memoryConfig(o)
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
	if err := s.declareAudit(ctx, o); err != nil {
		return err
	}
	s.serve(listener, s.handler(o.AsOpenBao, o.Audit), o.Logger)
	return nil
}

// overTLS puts TLS in front of a listener.
func (s *Server) overTLS(listener net.Listener, certFile, keyFile string) (net.Listener, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return listener, err
	}
	s.Address = "https://" + listener.Addr().String()
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{pair},
		MinVersion:   tls.VersionTLS12,
		// For the cert auth method, which checks it.
		ClientAuth: tls.RequestClientCert,
		NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

// handler is the API of the core.
func (s *Server) handler(likeOpenBao bool, declared AuditConfig) http.Handler {
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: s.core})
	if likeOpenBao {
		handler = asOpenBao(handler, s.core.Sealed, declared)
	}
	return handler
}

func (s *Server) serve(listener net.Listener, handler http.Handler, logger hclog.Logger) {
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          logger.StandardLogger(&hclog.StandardLoggerOptions{InferLevels: true}),
	}
	go func() { s.served <- s.http.Serve(listener) }()
}

// memoryConfig is the configuration of a development core: one node, in memory.
func (s *Server) memoryConfig(o Options) (*vault.CoreConfig, error) {
	storage, err := inmem.NewInmem(nil, o.Logger)
	if err != nil {
		return nil, err
	}
	config := s.coreConfig(o.AsOpenBao, o.Logger)
	config.Physical, config.StorageType = storage, "inmem"
	config.EnableRaw = true
	return config, nil
}

// coreConfig is what every core has in common; its storage is not set.
func (s *Server) coreConfig(likeOpenBao bool, logger hclog.Logger) *vault.CoreConfig {
	secret, auth := secretEngines(), authMethods(likeOpenBao)
	metrics, sink := metricsHelper()
	return &vault.CoreConfig{
		Logger:             logger,
		DisableMlock:       true,
		LogicalBackends:    secret,
		CredentialBackends: auth,
		AuditBackends:      auditDevices(&s.auditAllowed),
		BuiltinRegistry:    registry{secret: secret, auth: auth},
		MetricsHelper:      metrics,
		MetricSink:         sink,
		// OpenBao's tokens begin with "s.", which is what the core makes
		// without server-side consistent tokens.
		DisableSSCTokens: true,
	}
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
	return errors.Join(s.http.Shutdown(ctx), s.end())
}

// end ends the core and lets go of its storage, as far as there are any.
func (s *Server) end() error {
	var failures []error
	if s.core != nil {
		failures = append(failures, s.core.Shutdown())
	}
	if s.storage != nil {
		failures = append(failures, s.storage.Close())
	}
	return errors.Join(failures...)
}
