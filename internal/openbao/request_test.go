package openbao_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

var here = migrate.Location{Mount: "kv", Name: "a"}

const written = `{"data":{"version":1,"created_time":"2026-01-02T03:04:05.6Z"}}`

func TestRepeatsPassingStates(t *testing.T) {
	for _, answer := range []struct {
		status int
		body   string
	}{
		{412, `{"errors":[]}`}, {429, `{"errors":["rate limit"]}`}, {472, ``}, {473, ``},
		{502, `<html>`}, {504, `<html>`}, {503, `{"errors":["no active OpenBao instance found"]}`},
		{400, `{"errors":["Waiting for the primary to upgrade from non-versioned to versioned data."]}`},
		{400, `{"errors":["Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period"]}`},
	} {
		f := newFake(t, func(w http.ResponseWriter, n int, c call) {
			switch {
			case c.path == "/v1/sys/seal-status":
				reply(w, 200, `{"sealed":false}`)
			case n == 1:
				reply(w, answer.status, answer.body)
			default:
				reply(w, 200, written)
			}
		})
		c, clock := f.client(t)
		v, err := c.Write(t.Context(), here, migrate.KV2, secret(`{"a":"b"}`), 0)
		if err != nil || v.Number != 1 {
			t.Errorf("%d %s: %v", answer.status, answer.body, err)
		}
		if len(clock.slept) != 1 {
			t.Errorf("%d: slept %v", answer.status, clock.slept)
		}
	}
}

func TestDoesNotRepeatFinalAnswers(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 500} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, status, `{"errors":["no"]}`) })
		c, _ := f.client(t)
		if _, err := c.Write(t.Context(), here, migrate.KV2, secret(`{"a":"b"}`), 0); err == nil {
			t.Errorf("%d is no error", status)
		}
		if n := len(f.seen()); n != 1 {
			t.Errorf("%d: asked %d times", status, n)
		}
	}
}

func TestWaitsForRetryAfterAndIsBounded(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		w.Header().Set("Retry-After", "7")
		reply(w, 429, `{"errors":[]}`)
	})
	c, clock := f.client(t)
	_, err := c.Read(t.Context(), here, migrate.KV2, 0)
	if !errors.Is(err, migrate.ErrTargetUnavailable) {
		t.Errorf("error is %v", err)
	}
	if want := []time.Duration{7e9, 7e9, 7e9, 7e9}; !slices.Equal(clock.slept, want) {
		t.Errorf("slept %v", clock.slept)
	}
}

func TestGivesUpOnGatewaysAfterMaxRetries(t *testing.T) {
	three := 3
	for _, retries := range []*int{nil, &three, new(int)} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 502, `<html>`) })
		c, _ := f.client(t, func(config *openbao.Config) { config.MaxRetries = retries })
		_, err := c.Read(t.Context(), here, migrate.KV1, 0)
		if !errors.Is(err, migrate.ErrTargetUnavailable) {
			t.Errorf("error is %v", err)
		}
		want := openbao.DefaultMaxRetries + 1
		if retries != nil {
			want = *retries + 1
		}
		if n := len(f.seen()); n != want {
			t.Errorf("asked %d times, want %d", n, want)
		}
	}
}

func TestTellsSealedFromUnavailable(t *testing.T) {
	for sealed, want := range map[bool]error{true: migrate.ErrSealed, false: migrate.ErrTargetUnavailable} {
		f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
			if c.path == "/v1/sys/seal-status" {
				if c.token != "" || c.namespace != "" {
					t.Errorf("asked for the seal with token %q in namespace %q", c.token, c.namespace)
				}
				reply(w, 200, fmt.Sprintf(`{"sealed":%v}`, sealed))
				return
			}
			reply(w, 503, ``)
		})
		c, clock := f.client(t, func(config *openbao.Config) { config.Namespace = "team" })
		_, err := c.Read(t.Context(), here, migrate.KV2, 0)
		if !errors.Is(err, want) {
			t.Errorf("sealed %v: %v", sealed, err)
		}
		asked := 0
		for _, path := range f.paths() {
			if path == "sys/seal-status" {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("asked for the seal %d times", asked)
		}
		if waited := clock.Now().Sub(newClock().Now()); sealed && waited > 5*time.Second || waited > 30*time.Second {
			t.Errorf("sealed %v: waited %v", sealed, waited)
		}
	}
}

// dropping closes the connection after it read the request.
func dropping(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func TestLostAnswers(t *testing.T) {
	calls := map[string]struct {
		repeated bool
		do       func(ctx context.Context, c *openbao.Client) error
	}{
		"read": {true, func(ctx context.Context, c *openbao.Client) error {
			_, err := c.Read(ctx, here, migrate.KV2, 0)
			return err
		}},
		"write v2": {true, func(ctx context.Context, c *openbao.Client) error {
			_, err := c.Write(ctx, here, migrate.KV2, secret(`{}`), 0)
			return err
		}},
		"write v1": {true, func(ctx context.Context, c *openbao.Client) error {
			_, err := c.Write(ctx, here, migrate.KV1, secret(`{}`), 0)
			return err
		}},
		"policy": {true, func(ctx context.Context, c *openbao.Client) error { return c.PutPolicy(ctx, "", "p", "x") }},
		"mount": {false, func(ctx context.Context, c *openbao.Client) error {
			return c.CreateKVMount(ctx, openbao.KVMount{Path: "kv", Engine: migrate.KV2})
		}},
		"auth mount": {false, func(ctx context.Context, c *openbao.Client) error {
			return c.CreateAuthMount(ctx, openbao.AuthMount{Path: "approle", Type: "approle"})
		}},
		"secret ID": {false, func(ctx context.Context, c *openbao.Client) error {
			_, err := c.CreateSecretID(ctx, "", "approle", "app", openbao.SecretIDOptions{})
			return err
		}},
		"login": {false, func(ctx context.Context, c *openbao.Client) error {
			_, err := c.LoginAppRole(ctx, "", "approle", "role", secret("secret-id"))
			return err
		}},
	}
	for name, test := range calls {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { dropping(w) })
		c, _ := f.client(t)
		err := test.do(t.Context(), c)
		if !errors.Is(err, migrate.ErrTargetUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(f.seen()); test.repeated != (n > 1) {
			t.Errorf("%s was sent %d times", name, n)
		}
	}
	// What was certainly not acted on is sent again.
	for _, status := range []int{429, 503, 473} {
		f := newFake(t, func(w http.ResponseWriter, n int, c call) {
			switch {
			case c.path == "/v1/sys/seal-status":
				reply(w, 200, `{"sealed":false}`)
			case n == 1:
				reply(w, status, ``)
			default:
				reply(w, 200, `{"data":{"secret_id":"x","secret_id_accessor":"y"}}`)
			}
		})
		c, _ := f.client(t)
		if _, err := c.CreateSecretID(t.Context(), "", "approle", "app", openbao.SecretIDOptions{}); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	address := refusing(t)
	clock := newClock()
	c, err := openbao.New(openbao.Config{Address: address, Token: secret("s.given-token"), Clock: clock})
	mustNot(t, err)
	_, err = c.Read(t.Context(), here, migrate.KV2, 0)
	var e *openbao.Error
	if !errors.Is(err, migrate.ErrTargetUnavailable) || !errors.As(err, &e) {
		t.Fatalf("error is %v", err)
	}
	if len(clock.slept) != openbao.DefaultMaxRetries {
		t.Errorf("slept %v", clock.slept)
	}
	for _, part := range []string{address, "BAO_ADDR"} {
		if !strings.Contains(e.Remedy(), part) {
			t.Errorf("the remedy %q lacks %q", e.Remedy(), part)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = c.Read(ctx, here, migrate.KV2, 0); !errors.Is(err, context.Canceled) || errors.Is(err, migrate.ErrTargetUnavailable) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAnAttemptIsBounded(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	f := newFake(t, func(w http.ResponseWriter, n int, _ call) {
		if n == 1 {
			<-release
			return
		}
		reply(w, 200, `{"data":{"a":"b"}}`)
	})
	once := 0
	for _, retries := range []*int{&once, nil} {
		c, _ := f.client(t, func(config *openbao.Config) { config.RequestTimeout, config.MaxRetries = time.Second, retries })
		err := read(t, c)
		if retries == nil && err != nil {
			t.Errorf("the second attempt: %v", err)
		}
		if retries != nil && (!errors.Is(err, migrate.ErrTargetUnavailable) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 1s")) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestManyNamespacesAtOnce(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		reply(w, 200, fmt.Sprintf(`{"data":{"namespace":%q,"token":%q}}`, c.namespace, c.token))
	})
	c, _ := f.client(t)
	other := c.WithToken(secret("s.other-token"))
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			at := migrate.Location{Namespace: fmt.Sprintf("n%d", i%8), Mount: "kv", Name: "a"}
			client, token := c, "s.given-token"
			if i%2 == 0 {
				client, token = other, "s.other-token"
			}
			entry, err := client.Read(t.Context(), at, migrate.KV1, 0)
			if want := fmt.Sprintf(`{"namespace":%q,"token":%q}`, at.Namespace, token); err != nil || string(entry.Fields.Reveal()) != want {
				t.Errorf("got %s, want %s: %v", entry.Fields.Reveal(), want, err)
			}
		})
	}
	group.Wait()
}

func TestFollowsARedirectWithTokenAndBody(t *testing.T) {
	active := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 200, written) })
	standby := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		w.Header().Set("Location", active.URL+"/v1/kv/data/a%20b%3Fc")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	c, _ := standby.client(t)
	_, err := c.Write(t.Context(), migrate.Location{Namespace: "team", Mount: "kv", Name: "a b?c"}, migrate.KV2, secret(`{"a":"b"}`), 3)
	mustNot(t, err)
	got := active.seen()[0]
	if got.method != http.MethodPost || got.path != "/v1/kv/data/a b?c" || got.token != "s.given-token" || got.namespace != "team" ||
		got.body != `{"options":{"cas":3},"data":{"a":"b"}}` {
		t.Errorf("the active node got %+v", got)
	}
	loop := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		w.Header().Set("Location", c.path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	c, _ = loop.client(t)
	if _, err := c.Read(t.Context(), here, migrate.KV2, 0); !errors.Is(err, migrate.ErrTargetUnavailable) {
		t.Errorf("redirected without end: %v", err)
	}
}

func TestErrorsHideValues(t *testing.T) {
	const value = "correct horse battery"
	var message string
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		reply(w, 400, message)
	})
	c, _ := f.client(t)
	fields, err := json.Marshal(map[string]any{"a": value, "pin": 918273, "short": "abcd"})
	mustNot(t, err)
	for text, hidden := range map[string]bool{
		`{"errors":["bad value correct horse battery"]}`: true,
		`{"errors":["bad value horse bat"]}`:             true,
		`{"errors":["bad number 918273"]}`:               true,
		`{"errors":["bad word abcd"]}`:                   true,
		`{"errors":["bad token s.given-token"]}`:         true,
		`correct horse battery`:                          true,
		`{"other":"correct horse battery"}`:              true,
		`{"errors":["something else"]}`:                  false,
	} {
		message = text
		_, err := c.Write(t.Context(), here, migrate.KV1, migrate.NewSecret(fields), 0)
		shown := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, part := range []string{"horse", "918273", "abcd", "given"} {
			if strings.Contains(shown, part) {
				t.Errorf("%s: the error shows %q: %s", text, part, shown)
			}
		}
		if !hidden && !strings.Contains(shown, "something else") {
			t.Errorf("%s: the message is lost: %v", text, err)
		}
	}
}

func TestErrorKinds(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   error
		remedy string
	}{
		{403, `{"errors":["permission denied"]}`, migrate.ErrPermissionDenied, `path "kv/data/a" {`},
		{404, `{"errors":[]}`, migrate.ErrDestinationNotFound, ""},
		{404, `{"errors":["namespace not found"]}`, migrate.ErrNamespaceNotFound, `"team/inner"`},
		{404, `{"errors":["no handler for route \"kv/data/a\". route entry not found."]}`, migrate.ErrMountNotFound, "Mount"},
		{400, `{"errors":["check-and-set parameter did not match the current version"]}`, migrate.ErrCheckAndSet, ""},
		{400, `{"errors":["check-and-set parameter required for this call"]}`, migrate.ErrCheckAndSet, ""},
		{400, `{"errors":["refused JSON input due to high complexity: exceeded maximum number of strings"]}`, migrate.ErrTooComplex, "text"},
		{503, `{"errors":["OpenBao is sealed"]}`, migrate.ErrSealed, "Unseal"},
		{409, `{"errors":["path is already in use at kv/"]}`, openbao.ErrConflict, ""},
		{400, `{"errors":["path is already in use at kv/"]}`, openbao.ErrConflict, ""},
	} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, test.status, test.body) })
		c, _ := f.client(t, func(config *openbao.Config) { config.Namespace = "team" })
		_, err := c.Write(t.Context(), migrate.Location{Namespace: "inner", Mount: "kv", Name: "a"}, migrate.KV2, secret(`{"a":"b"}`), 0)
		var e *openbao.Error
		if !errors.Is(err, test.want) || !errors.As(err, &e) {
			t.Errorf("%d %s: %v", test.status, test.body, err)
			continue
		}
		if e.Status != test.status || e.Path != "kv/data/a" || e.Namespace != "team/inner" || !strings.Contains(e.Remedy(), test.remedy) {
			t.Errorf("%d: %+v, remedy %q", test.status, *e, e.Remedy())
		}
	}
}

func TestForeignAnswers(t *testing.T) {
	for _, status := range []int{200, 400, 403, 404} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>hello</html>")
		})
		c, _ := f.client(t)
		_, err := c.Read(t.Context(), here, migrate.KV2, 0)
		if err == nil || errors.Is(err, migrate.ErrDestinationNotFound) || !strings.Contains(err.Error(), "not one of OpenBao") ||
			strings.Contains(err.Error(), "hello") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
