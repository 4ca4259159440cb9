package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServesAlone(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	dir := t.TempDir()
	printed, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-dir", dir}, out, io.Discard)
		_ = out.Close()
	}()
	var url string
	secrets := 0
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		if found, ok := strings.CutPrefix(lines.Text(), "OCI emulator at "); ok {
			url = found
		}
		if strings.HasPrefix(lines.Text(), "secret ") {
			secrets++
		}
		if strings.HasPrefix(lines.Text(), "ready") {
			break
		}
	}
	if secrets != 3 {
		t.Errorf("%d secrets are listed, the guide has 3", secrets)
	}
	resp, err := http.Get(url + "/20180608/secrets")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unsigned request is answered %d", resp.StatusCode)
	}
	config, err := os.ReadFile(filepath.Join(dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(config), "key_file="+filepath.Join(dir, "key.pem")) {
		t.Errorf("the configuration is %q", config)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the emulator does not stop")
	}
}

func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"extra", "-listen 0.0.0.0:0", "-listen nonsense", "-seed does-not-exist"} {
		if err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}
