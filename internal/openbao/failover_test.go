package openbao_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// serving is a node that serves every request.
func serving(t *testing.T) *fake {
	return newFake(t, func(w http.ResponseWriter, _ int, c call) {
		switch {
		case c.path == "/v1/sys/health":
			reply(w, 200, `{"initialized":true}`)
		case strings.HasSuffix(c.path, "/login"):
			reply(w, 200, `{"auth":{"client_token":"s.new-token"}}`)
		default:
			reply(w, 200, written)
		}
	})
}

// answering is a node that says the same to everything but a health check.
func answering(t *testing.T, status int, body string) *fake {
	return newFake(t, func(w http.ResponseWriter, _ int, c call) {
		switch c.path {
		case "/v1/sys/health":
			reply(w, 200, `{"initialized":true}`)
		case "/v1/sys/seal-status":
			reply(w, 200, fmt.Sprintf(`{"sealed":%v}`, strings.Contains(body, "sealed")))
		default:
			reply(w, status, body)
		}
	})
}

// hanging is a node that takes requests and answers none.
func hanging(t *testing.T) *fake {
	release := make(chan struct{})
	f := newFake(t, func(http.ResponseWriter, int, call) { <-release })
	t.Cleanup(func() { close(release) })
	return f
}

// refusing is an address where nobody listens, and nobody can until the test ends: a
// socket has the port, but does not listen.
func refusing(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	mustNot(t, err)
	t.Cleanup(func() { _ = syscall.Close(socket) })
	mustNot(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(socket)
	mustNot(t, err)
	return fmt.Sprintf("http://127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

// several is a client of several addresses.
func several(t *testing.T, addresses ...string) (*openbao.Client, *fakeClock) {
	t.Helper()
	return severalWith(t, func(*openbao.Config) {}, addresses...)
}

// impatient is for nodes that hang. Those that serve have to answer a health check in
// that time, also on a busy machine.
func impatient(config *openbao.Config) { config.HangTimeout = 5 * time.Second }

// impatientIf is impatient where the node in question hangs.
func impatientIf(hangs bool) func(*openbao.Config) {
	if hangs {
		return impatient
	}
	return func(*openbao.Config) {}
}

// asked are the paths that a node was asked for, health checks aside.
func asked(f *fake) []string {
	return slices.DeleteFunc(f.paths(), func(path string) bool { return path == "sys/health" })
}

func severalWith(t *testing.T, change func(*openbao.Config), addresses ...string) (*openbao.Client, *fakeClock) {
	t.Helper()
	clock := newClock()
	config := openbao.Config{Address: strings.Join(addresses, ","), Token: secret("s.given-token"), Clock: clock, HangTimeout: time.Minute}
	change(&config)
	c, err := openbao.New(config)
	mustNot(t, err)
	return c, clock
}

func write(ctx context.Context, c *openbao.Client) error {
	_, err := c.Write(ctx, here, migrate.KV2, secret(`{"a":"b"}`), 0)
	return err
}

// What a node cannot do is asked of the next one, without a pause.
func TestMovesToTheNextNode(t *testing.T) {
	t.Parallel()
	dead := map[string]func(t *testing.T) string{
		"refused": refusing,
		"hangs":   func(t *testing.T) string { return hanging(t).URL },
		"drops": func(t *testing.T) string {
			return newFake(t, func(w http.ResponseWriter, _ int, _ call) { dropping(w) }).URL
		},
		"no such host":   func(*testing.T) string { return "http://nowhere.invalid:8200" },
		"not trusted":    untrusted,
		"redirects away": func(t *testing.T) string { return redirecting(t, refusing(t)).URL },
	}
	for _, answer := range []struct {
		status int
		body   string
	}{
		{503, `{"errors":["OpenBao is sealed"]}`}, {503, ``}, {501, `{"errors":["not initialized"]}`}, {472, ``}, {473, ``},
		{500, `{"errors":["local node not active but active cluster node not found"]}`},
		{500, `{"errors":["node is not the leader"]}`}, {500, `{"errors":["leadership lost while committing log"]}`},
		{502, `<html>`}, {504, `<html>`},
	} {
		dead[fmt.Sprint(answer.status, answer.body)] = func(t *testing.T) string { return answering(t, answer.status, answer.body).URL }
	}
	for name, node := range dead {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := serving(t)
			c, clock := severalWith(t, impatientIf(name == "hangs"), node(t), good.URL)
			mustNot(t, write(t.Context(), c))
			mustNot(t, write(t.Context(), c))
			if len(asked(good)) != 2 || len(clock.slept) != 0 {
				t.Errorf("asked %v, slept %v", good.paths(), clock.slept)
			}
		})
	}
}

// What is not about the node is not asked of others.
func TestAsksNobodyElse(t *testing.T) {
	t.Parallel()
	for _, answer := range []struct {
		status int
		body   string
	}{
		{400, `{"errors":["check-and-set parameter did not match the current version"]}`}, {403, `{"errors":["permission denied"]}`},
		{404, `{"errors":[]}`}, {405, ``}, {500, `{"errors":["1 error occurred"]}`}, {412, `{"errors":[]}`}, {429, ``},
		{400, `{"errors":["Upgrading from non-versioned to versioned data."]}`},
	} {
		other := serving(t)
		c, _ := several(t, answering(t, answer.status, answer.body).URL, other.URL)
		if err := write(t.Context(), c); err == nil {
			t.Errorf("%d %s is no error", answer.status, answer.body)
		}
		if n := len(other.seen()); n != 0 {
			t.Errorf("%d %s: another node was asked %d times", answer.status, answer.body, n)
		}
	}
}

// The node that served last is asked first, also by clients with another token.
func TestStaysWithTheNodeThatServes(t *testing.T) {
	t.Parallel()
	first, second := serving(t), serving(t)
	c, _ := several(t, first.URL, second.URL)
	mustNot(t, write(t.Context(), c))
	first.Close()
	mustNot(t, write(t.Context(), c))
	mustNot(t, write(t.Context(), c.WithToken(secret("s.other-token"))))
	if len(first.seen()) != 1 || len(second.seen()) != 2 {
		t.Errorf("asked %d and %d times", len(first.seen()), len(second.seen()))
	}
}

// Many at once all find the node that serves.
func TestManyMoveAtOnce(t *testing.T) {
	t.Parallel()
	good := serving(t)
	c, clock := several(t, refusing(t), answering(t, 503, `{"errors":["OpenBao is sealed"]}`).URL, good.URL)
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			if err := write(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(asked(good)) != 40 || len(clock.slept) != 0 {
		t.Errorf("served %d, slept %v", len(asked(good)), clock.slept)
	}
}

// A request that may have been acted on, and must not be repeated, goes to no
// other node; one that certainly was not does.
func TestOnceIsSentToOneNode(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for name, test := range map[string]struct {
		node func(t *testing.T) string
		want error
	}{
		"refused": {refusing, nil},
		"hangs":   {func(t *testing.T) string { return hanging(t).URL }, nil},
		"sealed":  {func(t *testing.T) string { return answering(t, 503, `{"errors":["OpenBao is sealed"]}`).URL }, nil},
		"no leader": {func(t *testing.T) string {
			return answering(t, 500, `{"errors":["local node not active but active cluster node not found"]}`).URL
		}, nil},
		"drops": {func(t *testing.T) string {
			return newFake(t, func(w http.ResponseWriter, _ int, c call) {
				if c.path == "/v1/sys/health" {
					reply(w, 200, `{}`)
					return
				}
				dropping(w)
			}).URL
		}, lost},
		"lost leadership": {func(t *testing.T) string {
			return answering(t, 500, `{"errors":["leadership lost while committing log"]}`).URL
		}, lost},
		"gateway":        {func(t *testing.T) string { return answering(t, 504, ``).URL }, lost},
		"redirects away": {func(t *testing.T) string { return redirecting(t, refusing(t)).URL }, lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := serving(t)
			c, _ := severalWith(t, impatientIf(name == "hangs"), test.node(t), good.URL)
			_, err := c.LoginAppRole(t.Context(), "", "approle", "role", secret("secret-id"))
			if asked := asked(good); test.want == nil && (err != nil || len(asked) != 1) || test.want != nil && (err == nil || len(asked) != 0) {
				t.Errorf("asked %v: %v", asked, err)
			}
		})
	}
}

// A node that only takes its time is waited for: this one until it was asked for its
// health.
func TestASlowNodeIsNotGivenUp(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	var once sync.Once
	slow := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.path == "/v1/sys/health" {
			once.Do(func() { close(asked) })
		} else {
			<-asked
		}
		reply(w, 200, written)
	})
	other := serving(t)
	c, _ := severalWith(t, impatient, slow.URL, other.URL)
	mustNot(t, write(t.Context(), c))
	if n := len(other.seen()); n != 0 {
		t.Errorf("another node was asked %d times", n)
	}
}

// While there is no leader the nodes are asked again, until there is one.
func TestWaitsForALeader(t *testing.T) {
	t.Parallel()
	for _, redirect := range []bool{false, true} {
		away := refusing(t)
		for _, more := range [][]string{nil, {refusing(t)}} {
			standby := newFake(t, func(w http.ResponseWriter, n int, _ call) {
				switch {
				case n > 5:
					reply(w, 200, written)
				case redirect:
					w.Header().Set("Location", away+"/v1/kv/data/a")
					w.WriteHeader(http.StatusTemporaryRedirect)
				default:
					reply(w, 500, `{"errors":["local node not active but active cluster node not found"]}`)
				}
			})
			c, clock := several(t, append(more, standby.URL)...)
			if err := write(t.Context(), c); err != nil || len(clock.slept) != 5 {
				t.Errorf("redirect %v, %d more addresses: slept %v: %v", redirect, len(more), clock.slept, err)
			}
		}
	}
}

// Without a node that can serve, the error comes in bounded time, once: the
// requests after it do not wait again. It says what each node said.
func TestNoNodeServes(t *testing.T) {
	t.Parallel()
	noLeader := `{"errors":["local node not active but active cluster node not found"]}`
	sealed := answering(t, 503, `{"errors":["OpenBao is sealed"]}`)
	gone := refusing(t)
	for name, test := range map[string]struct {
		addresses []string
		want      error
		remedy    string
		longest   time.Duration
	}{
		"no leader":           {[]string{answering(t, 500, noLeader).URL, gone}, openbao.ErrNoLeader, "quorum", 30 * time.Second},
		"no leader, sealed":   {[]string{sealed.URL, answering(t, 500, noLeader).URL}, openbao.ErrNoLeader, "quorum", 30 * time.Second},
		"all sealed":          {[]string{sealed.URL, answering(t, 503, `{"errors":["Vault is sealed"]}`).URL}, migrate.ErrSealed, "Unseal", 5 * time.Second},
		"one sealed, one off": {[]string{gone, sealed.URL}, migrate.ErrSealed, "Unseal", 5 * time.Second},
		"all off":             {[]string{gone, refusing(t)}, migrate.ErrTargetUnavailable, "BAO_ADDR", 5 * time.Second},
		"none is trusted":     {[]string{untrusted(t), untrusted(t)}, migrate.ErrTargetUnavailable, "ca_cert_file", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clock := several(t, test.addresses...)
			err := write(t.Context(), c)
			var e *openbao.Error
			if !errors.Is(err, test.want) || !errors.As(err, &e) || !strings.Contains(e.Remedy(), test.remedy) {
				t.Fatalf("error %v, remedy %q", err, e.Remedy())
			}
			for _, address := range test.addresses {
				if !strings.Contains(err.Error(), address+": ") {
					t.Errorf("%q does not tell of %s", err, address)
				}
			}
			if waited := clock.Now().Sub(newClock().Now()); waited > test.longest {
				t.Errorf("waited %v", waited)
			}
			slept := len(clock.slept)
			if err := write(t.Context(), c); !errors.Is(err, test.want) {
				t.Errorf("the second error is %v", err)
			}
			if test.longest > 10*time.Second && len(clock.slept) != slept {
				t.Errorf("the second request waited as well: %v", clock.slept[slept:])
			}
		})
	}
}

// A refusal is the refusal alone, whichever nodes were passed over before.
func TestARefusalSpeaksForItself(t *testing.T) {
	t.Parallel()
	c, _ := several(t, refusing(t), answering(t, 403, `{"errors":["permission denied"]}`).URL)
	if err := write(t.Context(), c); err == nil || err.Error() != "KV v2 write kv/data/a: 403: permission denied" {
		t.Errorf("the error is %v", err)
	}
}

// When the cluster serves again, requests wait for it again as well.
func TestServesAgain(t *testing.T) {
	t.Parallel()
	var serves bool
	node := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		if serves {
			reply(w, 200, written)
			return
		}
		reply(w, 500, `{"errors":["local node not active but active cluster node not found"]}`)
	})
	c, clock := node.client(t)
	for range 2 {
		serves = false
		before := len(clock.slept)
		if err := write(t.Context(), c); !errors.Is(err, openbao.ErrNoLeader) || len(clock.slept) == before {
			t.Errorf("slept %d times: %v", len(clock.slept)-before, err)
		}
		serves = true
		mustNot(t, write(t.Context(), c))
	}
}

// Without repetitions every node is asked once.
func TestNoRepetitionsButEveryNode(t *testing.T) {
	t.Parallel()
	first, second := answering(t, 502, ``), answering(t, 502, ``)
	c, clock := severalWith(t, func(config *openbao.Config) { config.MaxRetries = new(int) }, first.URL, second.URL)
	if err := write(t.Context(), c); err == nil || len(first.seen()) != 1 || len(second.seen()) != 1 || len(clock.slept) != 0 {
		t.Errorf("asked %d and %d times: %v", len(first.seen()), len(second.seen()), err)
	}
}

// Cancelling ends it at once, whatever the nodes do.
func TestCancelledAmongNodes(t *testing.T) {
	t.Parallel()
	other := serving(t)
	c, _ := several(t, hanging(t).URL, other.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	started := time.Now()
	if err := write(ctx, c); !errors.Is(err, context.DeadlineExceeded) || time.Since(started) > 30*time.Second || len(other.seen()) != 0 {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
}

// redirecting is a standby that sends requests to another address.
func redirecting(t *testing.T, to string) *fake {
	return newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.path == "/v1/sys/health" {
			reply(w, 200, `{}`)
			return
		}
		w.Header().Set("Location", to+c.path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
}

// untrusted is a server whose certificate nobody trusts.
func untrusted(t *testing.T) string {
	return tlsServer(t, nil, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, written) }).URL
}

// The token follows a redirect to where the certificate passes, and to nowhere
// else: neither over plain HTTP nor to a server that is not trusted.
func TestTokenIsRedirectedToTrustedNodesOnly(t *testing.T) {
	t.Parallel()
	var to string
	received := make(chan string, 10)
	standby := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to+r.URL.Path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	receive := func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header.Get("X-Vault-Token")
		reply(w, 200, written)
	}
	plain := httptest.NewServer(http.HandlerFunc(receive))
	t.Cleanup(plain.Close)
	foreign := selfSigned(t)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: standby.Certificate().Raw})
	for name, test := range map[string]struct {
		to   string
		want bool
	}{
		"trusted":     {tlsServer(t, nil, receive).URL, true},
		"plain":       {plain.URL, false},
		"not trusted": {tlsServer(t, &foreign, receive).URL, false},
	} {
		to = test.to
		c, _ := severalWith(t, func(config *openbao.Config) { config.CACertPEM, config.MaxRetries = authority, new(int) }, standby.URL)
		err := write(t.Context(), c)
		if (err == nil) != test.want || (len(received) > 0) != test.want {
			t.Errorf("%s: received %d requests: %v", name, len(received), err)
		}
		for len(received) > 0 {
			if token := <-received; token != "s.given-token" {
				t.Errorf("the token is %q", token)
			}
		}
	}
}

// tlsServer is a server with a certificate of its own, or that of httptest.
func tlsServer(t *testing.T, certificate *tls.Certificate, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handle)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if certificate != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	mustNot(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	mustNot(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
