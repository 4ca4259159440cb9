package baoserver

import (
	"context"
	"fmt"
	"net"
)

// listenLoopback listens on address and refuses one that other machines could
// reach: the server is old and gets no fixes.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	if err := onLoopback(address); err != nil {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func onLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("listen address %q: the embedded server is for tests and the demo and listens on loopback only, such as 127.0.0.1:8200", address)
	}
	return nil
}
