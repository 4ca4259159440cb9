package openbao_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// authority is a fake that issues tokens t-1, t-2, … and answers reads.
type authority struct {
	*fake
	issued  atomic.Int64
	ttl     atomic.Int64                                     // seconds
	renewed atomic.Int64                                     // seconds given at a renewal
	dead    sync.Map                                         // tokens that are refused
	blind   atomic.Bool                                      // lookup-self is refused for all
	refuses atomic.Bool                                      // reads are refused for all
	login   atomic.Pointer[func(w http.ResponseWriter) bool] // answers a login itself, or says that it did not
	batch   atomic.Bool                                      // tokens are batch tokens
	wrapped sync.Map                                         // wrapping tokens to where they were made
}

// newToken is the answer to a login.
func (a *authority) newToken() string {
	n, accessor := a.issued.Add(1), ""
	if !a.batch.Load() {
		accessor = fmt.Sprintf("accessor-%d", n)
	}
	return fmt.Sprintf(`{"auth":{"client_token":"t-%d","accessor":%q,"policies":["default"],"lease_duration":%d,"renewable":%v}}`,
		n, accessor, a.ttl.Load(), accessor != "")
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.ttl.Store(900)
	a.renewed.Store(900)
	a.fake = newFake(t, func(w http.ResponseWriter, _ int, c call) {
		_, dead := a.dead.Load(c.token)
		switch strings.TrimPrefix(c.path, "/v1/") {
		case "auth/team/approle/login", "auth/jwt/login", "auth/kubernetes/login", "auth/cert/login", "auth/approle/login":
			if login := a.login.Load(); login != nil && (*login)(w) {
				return
			}
			reply(w, 200, a.newToken())
		case "sys/wrapping/lookup":
			_, token, _ := strings.Cut(c.body, `"token":"`)
			made, there := a.wrapped.Load(strings.TrimSuffix(token, `"}`))
			if !there {
				reply(w, 400, `{"errors":["wrapping token is not valid or does not exist"]}`)
				return
			}
			reply(w, 200, fmt.Sprintf(`{"data":{"creation_path":%q,"creation_ttl":60}}`, made))
		case "sys/wrapping/unwrap":
			if _, there := a.wrapped.LoadAndDelete(c.token); !there {
				reply(w, 400, `{"errors":["wrapping token is not valid or does not exist"]}`)
				return
			}
			reply(w, 200, `{"data":{"secret_id":"unwrapped-secret-id","secret_id_accessor":"x"}}`)
		case "auth/token/renew-self":
			reply(w, 200, fmt.Sprintf(`{"auth":{"client_token":%q,"lease_duration":%d,"renewable":true}}`, c.token, a.renewed.Load()))
		case "auth/token/lookup-self":
			if dead || a.blind.Load() {
				reply(w, 403, `{"errors":["permission denied"]}`)
				return
			}
			reply(w, 200, `{"data":{"ttl":900}}`)
		case "auth/token/revoke-self":
			if a.batch.Load() {
				reply(w, 400, `{"errors":["batch tokens cannot be revoked"]}`)
				return
			}
			a.dead.Store(c.token, true)
			w.WriteHeader(http.StatusNoContent)
		default:
			if dead || a.refuses.Load() {
				reply(w, 403, `{"errors":["permission denied"]}`)
				return
			}
			reply(w, 200, `{"data":{"a":"b"}}`)
		}
	})
	return a
}

func (a *authority) answerLogin(handle func(w http.ResponseWriter) bool) {
	if handle == nil {
		a.login.Store(nil)
		return
	}
	a.login.Store(&handle)
}

func (a *authority) client(t *testing.T) (*openbao.Client, *fakeClock) {
	t.Helper()
	return a.loggingIn(t, openbao.AppRoleLogin{MountPath: "/team/approle/", RoleID: "role", SecretID: secret("secret-id-1\n")})
}

// loggingIn is a client that works in the namespace ns.
func (a *authority) loggingIn(t *testing.T, login openbao.Login) (*openbao.Client, *fakeClock) {
	t.Helper()
	return a.fake.client(t, func(config *openbao.Config) {
		config.Token, config.Namespace, config.Login = migrate.Secret{}, "ns", login
	})
}

func (a *authority) count(path string) int {
	n := 0
	for _, p := range a.paths() {
		if p == path {
			n++
		}
	}
	return n
}

func read(t *testing.T, c *openbao.Client) error {
	t.Helper()
	_, err := c.Read(t.Context(), here, migrate.KV1, 0)
	return err
}

func TestLoginIsLazyAndOnce(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.client(t)
	if len(a.seen()) != 0 {
		t.Fatal("New dials")
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := read(t, c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := a.count("auth/team/approle/login"); n != 1 {
		t.Errorf("logged in %d times", n)
	}
	first := a.seen()[0]
	if first.body != `{"role_id":"role","secret_id":"secret-id-1"}` || first.namespace != "ns" || first.token != "" {
		t.Errorf("login was %+v", first)
	}
	mustNot(t, c.Close(t.Context()))
	calls := a.seen()
	if last := calls[len(calls)-1]; last.path != "/v1/auth/token/revoke-self" || last.token != "t-1" {
		t.Errorf("Close sent %+v", last)
	}
	if err := read(t, c); !errors.Is(err, openbao.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	mustNot(t, c.Close(t.Context()))
}

func TestCloseLeavesAGivenTokenAlone(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.fake.client(t)
	mustNot(t, read(t, c))
	mustNot(t, c.Close(t.Context()))
	if got := a.paths(); !slices.Equal(got, []string{"kv/a"}) {
		t.Errorf("sent %q", got)
	}
}

func TestRenewsInTime(t *testing.T) {
	a := newAuthority(t)
	c, clock := a.client(t)
	mustNot(t, read(t, c))
	clock.pass(599 * time.Second)
	mustNot(t, read(t, c))
	if n := a.count("auth/token/renew-self"); n != 0 {
		t.Fatalf("renewed %d times with more than a third left", n)
	}
	clock.pass(2 * time.Second)
	mustNot(t, read(t, c))
	mustNot(t, read(t, c))
	if n := a.count("auth/token/renew-self"); n != 1 {
		t.Fatalf("renewed %d times", n)
	}
	// Close to the maximum, the server grants too little: log in instead.
	a.renewed.Store(10)
	clock.pass(700 * time.Second)
	mustNot(t, read(t, c))
	if n := a.issued.Load(); n != 2 {
		t.Errorf("logged in %d times", n)
	}
	// Expired: no use in renewing.
	clock.pass(1000 * time.Second)
	mustNot(t, read(t, c))
	if n := a.issued.Load(); n != 3 {
		t.Errorf("logged in %d times", n)
	}
	mustNot(t, c.Close(t.Context()))
	for _, token := range []string{"t-1", "t-2", "t-3"} {
		if _, revoked := a.dead.Load(token); !revoked {
			t.Errorf("%s outlived Close", token)
		}
	}
}

func TestKeepsAWorkingTokenWhenLoginFails(t *testing.T) {
	a := newAuthority(t)
	c, clock := a.client(t)
	mustNot(t, read(t, c))
	a.renewed.Store(1)
	a.answerLogin(func(w http.ResponseWriter) bool {
		reply(w, 400, `{"errors":["invalid role or secret ID"]}`)
		return true
	})
	clock.pass(700 * time.Second)
	mustNot(t, read(t, c))
	clock.pass(700 * time.Second)
	if err := read(t, c); !errors.Is(err, openbao.ErrLogin) {
		t.Errorf("with an expired token and no login: %v", err)
	}
}

func TestLogsInAgainAfterRevocation(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.client(t)
	mustNot(t, read(t, c))
	a.dead.Store("t-1", true)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if err := read(t, c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := a.issued.Load(); n != 2 {
		t.Errorf("logged in %d times", n)
	}
}

func TestARefusalWithALiveTokenIsOne(t *testing.T) {
	a := newAuthority(t)
	a.refuses.Store(true)
	c, _ := a.client(t)
	for range 3 {
		if err := read(t, c); !errors.Is(err, migrate.ErrPermissionDenied) {
			t.Errorf("error is %v", err)
		}
	}
	if n := a.issued.Load(); n != 1 {
		t.Errorf("logged in %d times", n)
	}
	// A token that may not look itself up costs one more login, not one a request.
	a.blind.Store(true)
	for range 3 {
		if err := read(t, c); !errors.Is(err, migrate.ErrPermissionDenied) {
			t.Errorf("error is %v", err)
		}
	}
	if n := a.issued.Load(); n != 2 {
		t.Errorf("logged in %d times", n)
	}
}

func TestARefusedLoginIsNotTriedAgain(t *testing.T) {
	a := newAuthority(t)
	a.answerLogin(func(w http.ResponseWriter) bool {
		reply(w, 400, `{"errors":["invalid role or secret ID", "got secret-id-1"]}`)
		return true
	})
	c, _ := a.client(t)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := read(t, c)
			if !errors.Is(err, openbao.ErrLogin) || strings.Contains(fmt.Sprintf("%+v", err), "secret-id-1") {
				t.Errorf("error is %v", err)
			}
		})
	}
	group.Wait()
	if n := a.count("auth/team/approle/login"); n != 1 {
		t.Errorf("tried %d times", n)
	}
	var e *openbao.Error
	if err := read(t, c); !errors.As(err, &e) || !strings.Contains(e.Remedy(), "secret ID") {
		t.Errorf("error is %v", err)
	}
}

func TestAnUnansweredLoginIsNotRepeated(t *testing.T) {
	a := newAuthority(t)
	a.answerLogin(func(w http.ResponseWriter) bool {
		dropping(w)
		return true
	})
	c, _ := a.client(t)
	if err := read(t, c); !errors.Is(err, migrate.ErrTargetUnavailable) {
		t.Errorf("error is %v", err)
	}
	if n := a.count("auth/team/approle/login"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	a.answerLogin(nil)
	mustNot(t, read(t, c))
}

func TestWaitingForALoginEndsWithTheContext(t *testing.T) {
	a := newAuthority(t)
	entered, release := make(chan struct{}), make(chan struct{})
	a.answerLogin(func(http.ResponseWriter) bool {
		close(entered)
		<-release
		return false
	})
	c, _ := a.client(t)
	done := make(chan error)
	go func() { done <- read(t, c) }()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Read(ctx, here, migrate.KV1, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	close(release)
	mustNot(t, <-done)
}
