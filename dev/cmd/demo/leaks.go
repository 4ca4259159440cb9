package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// tracing has everything logged that can be.
func (s *stage) tracing() []string {
	return []string{"TF_LOG=TRACE", "TF_LOG_PATH=" + s.traceFile(), "OCI_GO_SDK_DEBUG=v"}
}

func (s *stage) traceFile() string { return filepath.Join(s.logDir(), "trace.log") }

// scan looks for every value that must not have got out: those of the secrets,
// old and new, the private key, the secret ID, and the application's token.
func scan(_ context.Context, s *stage) ([]string, error) {
	canaries := append(s.vault.values(), s.edited, s.loggedIn.secretID, s.loggedIn.token)
	key := strings.Split(s.vault.oci.Key.PrivateKeyPEM, "\n")
	canaries = append(canaries, key[len(key)/2])
	if err := canSee(canaries); err != nil {
		return nil, err
	}
	trace, err := os.ReadFile(s.traceFile())
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(trace, []byte("tf_provider_addr")) {
		return nil, errors.New("the trace has nothing of the provider, so finding no value there would mean nothing")
	}
	var leaks []string
	files, size := 0, int64(0)
	for _, dir := range []string{s.configDir(), s.logDir()} {
		found, n, err := acctest.ScanDir(dir, canaries...)
		if err != nil {
			return nil, err
		}
		for _, leak := range found {
			leaks = append(leaks, leak.String())
		}
		bytes, err := sizeOf(dir)
		if err != nil {
			return nil, err
		}
		files, size = files+n, size+bytes
	}
	if len(leaks) > 0 {
		return nil, fmt.Errorf("values got out:\n%s", strings.Join(leaks, "\n"))
	}
	return []string{
		fmt.Sprintf("%d files with %.1f MB, of which %.1f MB are TRACE logs, scanned for %d values,", files, mega(size), mega(int64(len(trace))), len(canaries)),
		"each in the clear, as base64, hex, and escaped: nothing found",
	}, nil
}

// canSee proves that the scan would find each canary.
func canSee(canaries []string) error {
	for _, canary := range canaries {
		planted := base64.StdEncoding.EncodeToString([]byte("planted: " + canary))
		if len(canary) < 12 || len(acctest.Scan("planted", []byte(planted), canary)) == 0 {
			return errors.New("the scan does not find a value that was planted")
		}
	}
	return nil
}

// sizeOf is the size of all files below a directory.
func sizeOf(dir string) (int64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }
