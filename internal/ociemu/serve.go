package ociemu

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Serve answers at addr, such as "127.0.0.1:0", until the context is done; then it
// closes the listener and all connections. It returns as soon as the address takes
// connections. The url has scheme, host and port and no trailing slash, as the
// SDK wants an endpoint. With TLS, caPEM is the authority to trust; without, it is
// nil. HTTP/2 is not offered, so that a dropped request is a broken connection.
func Serve(ctx context.Context, e *Emulator, addr string, useTLS bool) (url string, caPEM []byte, err error) {
	var config *tls.Config
	if useTLS {
		certificate, authority, err := TLSCertificate()
		if err != nil {
			return "", nil, err
		}
		caPEM = authority
		config = &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		}
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	scheme := "http"
	url = listener.Addr().String()
	if useTLS {
		scheme = "https"
		listener = tls.NewListener(listener, config)
	}
	server := &http.Server{
		Handler:           e,
		ReadHeaderTimeout: 30 * time.Second,
		// A client that breaks off is part of what is tested and nothing to report.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return scheme + "://" + url, caPEM, nil
}
