package openbao_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// devServer is one server in development mode for all contract tests.
type devServer struct {
	once    sync.Once
	err     error
	address string
	process *exec.Cmd
	output  strings.Builder
}

var dev devServer

func TestMain(m *testing.M) {
	code := m.Run()
	if dev.process != nil && dev.process.Process != nil {
		_ = dev.process.Process.Kill()
	}
	os.Exit(code)
}

func (s *devServer) start() {
	binary := os.Getenv("OCIBAO_TEST_BAO")
	if binary == "" {
		s.err = fmt.Errorf("OCIBAO_TEST_BAO is not set: run make test")
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.err = err
		return
	}
	host := listener.Addr().String()
	_ = listener.Close()
	s.process = exec.Command(binary, //nolint:gosec // the server under test
		"server", "-dev", "-dev-root-token-id=root",
		"-dev-listen-address="+host, "-dev-no-store-token")
	s.process.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	if s.err = s.process.Start(); s.err != nil {
		s.process = nil
		return
	}
	s.address = "http://" + host
	exited := make(chan struct{})
	go func() {
		_ = s.process.Wait()
		close(exited)
	}()
	for range 300 {
		select {
		case <-exited:
			s.err = fmt.Errorf("the server ended at once: %s", s.output.String())
			return
		default:
		}
		response, err := http.Get(s.address + "/v1/sys/health")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.err = fmt.Errorf("the server did not become ready in 30 s")
}

// server returns the address of the server, which it starts for the first test.
func server(t *testing.T) string {
	t.Helper()
	dev.once.Do(dev.start)
	if dev.err != nil {
		t.Fatal(dev.err)
	}
	return dev.address
}

// client returns a client with the root token.
func client(t *testing.T, changes ...func(*openbao.Config)) *openbao.Client {
	t.Helper()
	config := openbao.Config{Address: server(t), Token: secret("root")}
	for _, change := range changes {
		change(&config)
	}
	c, err := openbao.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// isOpenBao tells OpenBao from the embedded server, whose version is that of
// the line from which OpenBao was forked.
func isOpenBao(t *testing.T, c *openbao.Client) bool {
	t.Helper()
	health, err := c.NodeHealth(t.Context())
	mustNot(t, err)
	return !strings.HasPrefix(health.Version, "1.")
}

func secret(text string) migrate.Secret { return migrate.NewSecret([]byte(text)) }

// unique returns a name that no other test has.
func unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:8]) }

func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// kvMount mounts a KV engine under a new path.
func kvMount(t *testing.T, c *openbao.Client, engine migrate.Engine) string {
	t.Helper()
	path := unique("kv")
	mustNot(t, c.CreateKVMount(t.Context(), openbao.KVMount{Path: path, Engine: engine}))
	return path
}
