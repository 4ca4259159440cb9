package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"version"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if out.String() != versionLine+"\n" {
		t.Errorf("version prints %q", out.String())
	}
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "operator", "server", "server -dev extra", "server -dev -nonsense", "server -dev -dev-listen-address=0.0.0.0:0",
		"server -dev -config=x.json", "server -config=nowhere.json"} {
		if err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}

func TestServerStartsAndStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	printed, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		line := "server -dev -dev-root-token-id=root -dev-listen-address=127.0.0.1:0 -dev-no-store-token"
		ended <- run(ctx, strings.Fields(line), out, io.Discard)
		_ = out.Close()
	}()

	var address string
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		if _, quoted, ok := strings.Cut(lines.Text(), "BAO_ADDR='"); ok {
			address = strings.TrimSuffix(quoted, "'")
		}
		if strings.Contains(lines.Text(), "ready") {
			break
		}
	}
	resp, err := http.Get(address + "/v1/sys/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("health answers %d", resp.StatusCode)
	}

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the server does not stop")
	}
}
