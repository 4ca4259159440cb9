package acctest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// RootToken is the root token of every server started here.
const RootToken = "root"

// What a server may take on a slow machine: to start, and to answer a request.
const (
	startTime   = 3 * time.Minute
	callTimeout = time.Minute
)

// Bao is a running OpenBao-compatible server in development mode.
type Bao struct {
	Address    string // URL without trailing slash
	CACertFile string // authority of its certificate; empty without TLS
	client     *http.Client
	process    *process
	output     *lockedBuffer // of all processes that the server has had
	ports      *ports        // nil for a node of a cluster
}

// StartBao starts the server of EnvBao on loopback, in memory and unsealed.
// It ends with the context or with Stop. What is to be different about its
// process is done by prepare, before it starts.
func StartBao(ctx context.Context, useTLS bool, prepare ...func(*exec.Cmd)) (*Bao, error) {
	binary, err := required(EnvBao)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		bao, err := startBao(ctx, binary, useTLS, prepare)
		if err == nil {
			return bao, nil
		}
		log := ""
		if bao != nil {
			bao.Stop()
			log = bao.Log()
		}
		if try == startTries || !portTaken(log) {
			return nil, fmt.Errorf("no server of %s: %w\n%s", binary, err, log)
		}
	}
}

// startBao starts a server. One that did not become ready comes with the error.
func startBao(ctx context.Context, binary string, useTLS bool, prepare []func(*exec.Cmd)) (*Bao, error) {
	reserved, err := reservePorts(1)
	if err != nil {
		return nil, err
	}
	listen := reserved.addresses[0]
	bao := &Bao{Address: "http://" + listen, client: &http.Client{Timeout: callTimeout}, output: &lockedBuffer{}, ports: reserved}
	args := []string{"server", "-dev", "-dev-root-token-id=" + RootToken, "-dev-listen-address=" + listen, "-dev-no-store-token"}
	if useTLS {
		dir, err := os.MkdirTemp("", "ocibao-tls-")
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = os.RemoveAll(dir) })
		args = append(args, "-dev-tls", "-dev-tls-cert-dir="+dir)
		bao.Address = "https://" + listen
		bao.CACertFile = dir
	}
	if bao.process, err = launch(ctx, bao.output, binary, args, prepare...); err != nil {
		return nil, err
	}
	if err := bao.ready(ctx); err != nil {
		return bao, fmt.Errorf("it did not become ready: %w", err)
	}
	return bao, nil
}

// ready waits until the server is unsealed and active.
func (b *Bao) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := b.trust()
		if err == nil {
			var status int
			if status, _, err = b.request(ctx, http.MethodGet, "", "sys/health", nil); err == nil && status == http.StatusOK {
				return nil
			}
		}
		select {
		case <-b.process.ended:
			return errors.New("it ended")
		default:
		}
		if stopped := pause(ctx, pollInterval); stopped != nil {
			return fmt.Errorf("%w (last: %w)", stopped, err)
		}
	}
}

// trust loads the authority once the server has written it.
func (b *Bao) trust() error {
	if b.CACertFile == "" || b.client.Transport != nil {
		return nil
	}
	found, err := filepath.Glob(filepath.Join(b.CACertFile, "*-ca.pem"))
	if err != nil || len(found) == 0 {
		return fmt.Errorf("no CA certificate in %s yet", b.CACertFile)
	}
	transport, err := trusting(found[0])
	if err != nil {
		return err
	}
	b.CACertFile, b.client.Transport = found[0], transport
	return nil
}

// trusting is a transport that trusts only the authority in a file.
func trusting(caCertFile string) (*http.Transport, error) {
	pem, err := os.ReadFile(caCertFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caCertFile)
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil
}

// Stop ends the server.
func (b *Bao) Stop() {
	b.process.stop(syscall.SIGTERM)
	if b.ports != nil {
		b.ports.release()
	}
}

// Log is what the server printed so far.
func (b *Bao) Log() string { return b.output.String() }

// Call makes a request over plain HTTP, as an operator or an application would,
// and returns the status and the decoded answer. An empty token is RootToken.
func (b *Bao) Call(ctx context.Context, method, token, path string, body any) (int, map[string]any, error) {
	if token == "" {
		token = RootToken
	}
	return b.request(ctx, method, token, path, body)
}

func (b *Bao) request(ctx context.Context, method, token, path string, body any) (int, map[string]any, error) {
	var payload io.Reader
	switch content := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(content)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.Address+"/v1/"+path, payload)
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		req.Header.Set("X-Vault-Token", token)
	}
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := b.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	decoder := json.NewDecoder(answer.Body)
	decoder.UseNumber()
	var decoded map[string]any
	if err := decoder.Decode(&decoded); err != nil && err != io.EOF {
		return answer.StatusCode, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer.StatusCode, decoded, nil
}
