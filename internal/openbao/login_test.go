package openbao_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// fileWith is a file with this content.
func fileWith(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential")
	mustNot(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// logins are the requests that logged in.
func (a *authority) logins() []call {
	return slices.DeleteFunc(a.seen(), func(c call) bool { return !strings.HasSuffix(c.path, "/login") })
}

// Every way to log in sends one request, without a token, with what it must send, in
// the namespace of the login; the token is renewed and revoked there too.
func TestLogin_WhatArrives(t *testing.T) {
	for name, test := range map[string]struct {
		login     func(t *testing.T) openbao.Login
		path      string
		body      string
		namespace string
	}{
		"approle": {
			func(*testing.T) openbao.Login {
				return openbao.AppRoleLogin{RoleID: " role ", SecretID: secret("id\n")}
			},
			"auth/approle/login", `{"role_id":"role","secret_id":"id"}`, "ns",
		},
		"approle without a secret ID": {
			func(*testing.T) openbao.Login { return openbao.AppRoleLogin{RoleID: "role", Namespace: "/other/"} },
			"auth/approle/login", `{"role_id":"role"}`, "other",
		},
		"jwt": {
			func(*testing.T) openbao.Login { return openbao.JWTLogin{Role: "ci", JWT: secret("a.b.c\n")} },
			"auth/jwt/login", `{"jwt":"a.b.c","role":"ci"}`, "ns",
		},
		"jwt of a file, default role, in the root": {
			func(t *testing.T) openbao.Login {
				return openbao.JWTLogin{JWTFile: fileWith(t, "a.b.c\n"), Namespace: "root"}
			},
			"auth/jwt/login", `{"jwt":"a.b.c"}`, "",
		},
		"kubernetes": {
			func(t *testing.T) openbao.Login {
				return openbao.KubernetesLogin{Role: "app", TokenFile: fileWith(t, "\na.b.c")}
			},
			"auth/kubernetes/login", `{"jwt":"a.b.c","role":"app"}`, "ns",
		},
		"kubernetes with a token, at another mount": {
			func(*testing.T) openbao.Login {
				return openbao.KubernetesLogin{MountPath: "team/approle", Role: "app", Token: secret("a.b.c"), Namespace: "ns/team"}
			},
			"auth/team/approle/login", `{"jwt":"a.b.c","role":"app"}`, "ns/team",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			c, clock := a.loggingIn(t, test.login(t))
			mustNot(t, read(t, c))
			clock.pass(700 * time.Second)
			mustNot(t, read(t, c))
			mustNot(t, c.Close(t.Context()))
			calls := a.seen()
			if got := a.paths(); !slices.Equal(got, []string{test.path, "kv/a", "auth/token/renew-self", "kv/a", "auth/token/revoke-self"}) {
				t.Fatalf("sent %q", got)
			}
			if login := calls[0]; login.method != http.MethodPost || login.body != test.body || login.token != "" || login.namespace != test.namespace {
				t.Errorf("login was %+v", login)
			}
			for i, namespace := range []string{1: "ns", 2: test.namespace, 3: "ns", 4: test.namespace} {
				if i > 0 && (calls[i].namespace != namespace || calls[i].token != "t-1") {
					t.Errorf("request %d was %+v", i, calls[i])
				}
			}
		})
	}
}

func TestLogin_Cert(t *testing.T) {
	authority, err := acctest.NewClientAuthority()
	mustNot(t, err)
	certificate, key, err := authority.Issue("pipeline")
	mustNot(t, err)
	var mu sync.Mutex
	var seen []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			names = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		mu.Lock()
		seen = append(seen, fmt.Sprintf("%s %s %s", names, r.URL.Path, body))
		mu.Unlock()
		reply(w, 200, `{"auth":{"client_token":"t-1","accessor":"a","lease_duration":900,"renewable":true},"data":{"a":"b"}}`)
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	defer s.Close()
	c, err := openbao.New(openbao.Config{
		Address: s.URL, CACertPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
		ClientCertPEM: []byte(certificate), ClientKeyPEM: secret(key), Login: openbao.CertLogin{Name: "ci"}, Clock: newClock(),
	})
	mustNot(t, err)
	mustNot(t, read(t, c))
	mustNot(t, c.Close(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	if want := `pipeline /v1/auth/cert/login {"name":"ci"}`; len(seen) != 3 || seen[0] != want || !strings.HasPrefix(seen[1], "pipeline /v1/kv/a") {
		t.Errorf("arrived %q", seen)
	}
}

// A file is read when a login needs it, and again at the next one: what puts it there
// renews it.
func TestLogin_FileIsReadAtEachLogin(t *testing.T) {
	a := newAuthority(t)
	file := fileWith(t, "first.a.b")
	c, clock := a.loggingIn(t, openbao.JWTLogin{JWTFile: file})
	mustNot(t, read(t, c))
	mustNot(t, os.WriteFile(file, []byte("second.a.b"), 0o600))
	clock.pass(1000 * time.Second)
	mustNot(t, read(t, c))
	logins := a.logins()
	if len(logins) != 2 || logins[0].body != `{"jwt":"first.a.b"}` || logins[1].body != `{"jwt":"second.a.b"}` {
		t.Errorf("logins %+v", logins)
	}
	mustNot(t, os.WriteFile(file, []byte(" \n"), 0o600))
	clock.pass(1000 * time.Second)
	if err := read(t, c); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("error is %v", err)
	}
	mustNot(t, os.Remove(file))
	if err := read(t, c); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	if n := len(a.logins()); n != 2 {
		t.Errorf("%d logins", n)
	}
}

// A token that a file holds is used as it is. When it has ended, the file may hold
// another; when it does not, that is the answer.
func TestTokenFile(t *testing.T) {
	a := newAuthority(t)
	file := fileWith(t, "s.first\n")
	c, clock := a.loggingIn(t, openbao.TokenFile{Path: file})
	mustNot(t, read(t, c))
	clock.pass(10000 * time.Second)
	mustNot(t, read(t, c))
	a.dead.Store("s.first", true)
	for range 2 {
		if err := read(t, c); !errors.Is(err, migrate.ErrPermissionDenied) {
			t.Errorf("error is %v", err)
		}
	}
	mustNot(t, os.WriteFile(file, []byte("s.second"), 0o600))
	mustNot(t, read(t, c))
	mustNot(t, c.Close(t.Context()))
	for _, path := range a.paths() {
		if path != "kv/a" && path != "auth/token/lookup-self" {
			t.Errorf("sent %s", path)
		}
	}
	if last := a.seen()[len(a.seen())-2]; last.token != "s.second" {
		t.Errorf("the token of the file is not used: %+v", last)
	}
	mustNot(t, os.WriteFile(file, []byte("s.one\ns.two"), 0o600))
	broken, _ := a.loggingIn(t, openbao.TokenFile{Path: file})
	if err := read(t, broken); err == nil || strings.Contains(err.Error(), "s.one") {
		t.Errorf("error is %v", err)
	}
}

func TestLogin_BatchToken(t *testing.T) {
	a := newAuthority(t)
	a.batch.Store(true)
	c, clock := a.loggingIn(t, openbao.JWTLogin{JWT: secret("a.b.c")})
	mustNot(t, read(t, c))
	clock.pass(700 * time.Second)
	mustNot(t, read(t, c))
	mustNot(t, c.Close(t.Context()))
	if got := a.paths(); !slices.Equal(got, []string{"auth/jwt/login", "kv/a", "auth/jwt/login", "kv/a"}) {
		t.Errorf("sent %q", got)
	}
}

// Near its maximum a token is renewed in vain. When logging in again is refused as
// well, its rest is used without asking the server before each request.
func TestLogin_UsesUpATokenThatCannotBeReplaced(t *testing.T) {
	a := newAuthority(t)
	c, clock := a.loggingIn(t, openbao.JWTLogin{JWT: secret("a.b.c")})
	mustNot(t, read(t, c))
	a.renewed.Store(250)
	a.answerLogin(func(w http.ResponseWriter) bool {
		reply(w, 400, `{"errors":["error validating token: token is expired"]}`)
		return true
	})
	clock.pass(700 * time.Second)
	for range 10 {
		mustNot(t, read(t, c))
	}
	if renewals, logins := a.count("auth/token/renew-self"), len(a.logins()); renewals != 1 || logins != 2 {
		t.Errorf("renewed %d times, logged in %d times", renewals, logins)
	}
	clock.pass(251 * time.Second)
	if err := read(t, c); !errors.Is(err, openbao.ErrLogin) {
		t.Errorf("error is %v", err)
	}
	if n := len(a.logins()); n != 2 {
		t.Errorf("logged in %d times", n)
	}
}

func TestLogin_Wrapped(t *testing.T) {
	login := openbao.AppRoleLogin{RoleID: "role", WrappingToken: secret("wrapping-token-1\n")}
	t.Run("unwrapped once", func(t *testing.T) {
		a := newAuthority(t)
		a.wrapped.Store("wrapping-token-1", "auth/approle/role/ci/secret-id")
		c, clock := a.loggingIn(t, login)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if err := read(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		clock.pass(1000 * time.Second)
		mustNot(t, read(t, c))
		calls := a.seen()
		if calls[0].path != "/v1/sys/wrapping/lookup" || calls[0].token != "" || calls[0].namespace != "ns" ||
			calls[1].path != "/v1/sys/wrapping/unwrap" || calls[1].token != "wrapping-token-1" || calls[1].namespace != "ns" {
			t.Errorf("first requests %+v", calls[:2])
		}
		if n := a.count("sys/wrapping/unwrap"); n != 1 {
			t.Errorf("unwrapped %d times", n)
		}
		logins := a.logins()
		if len(logins) != 2 || logins[0].body != `{"role_id":"role","secret_id":"unwrapped-secret-id"}` || logins[1].body != logins[0].body {
			t.Errorf("logins %+v", logins)
		}
	})
	t.Run("used up by somebody", func(t *testing.T) {
		a := newAuthority(t)
		c, _ := a.loggingIn(t, login)
		for range 3 {
			err := read(t, c)
			var e *openbao.Error
			if !errors.Is(err, openbao.ErrWrappingToken) || !errors.As(err, &e) || !strings.Contains(e.Remedy(), "somebody else may have unwrapped it") ||
				!strings.Contains(e.Remedy(), "auth/approle/role/<role>/secret-id-accessor/destroy") || strings.Contains(err.Error(), "wrapping-token-1") {
				t.Errorf("error is %v", err)
			}
		}
		if got := a.paths(); !slices.Equal(got, []string{"sys/wrapping/lookup"}) {
			t.Errorf("sent %q", got)
		}
	})
	for _, made := range []string{"auth/other/role/ci/secret-id", "sys/wrapping/wrap", "auth/approle/role/ci/role-id", "auth/evil/auth/approle/role/ci/secret-id"} {
		t.Run("made at "+made, func(t *testing.T) {
			a := newAuthority(t)
			a.wrapped.Store("wrapping-token-1", made)
			c, _ := a.loggingIn(t, login)
			for range 2 {
				if err := read(t, c); !errors.Is(err, openbao.ErrWrappingToken) || !strings.Contains(err.Error(), made) {
					t.Errorf("error is %v", err)
				}
			}
			if got := a.paths(); !slices.Equal(got, []string{"sys/wrapping/lookup"}) {
				t.Errorf("sent %q", got)
			}
		})
	}
	t.Run("of a custom secret ID", func(t *testing.T) {
		a := newAuthority(t)
		a.wrapped.Store("wrapping-token-1", "auth/approle/role/ci/custom-secret-id")
		c, _ := a.loggingIn(t, login)
		mustNot(t, read(t, c))
	})
}

// What a refusal says may name the role, never what proves who asks.
func TestLogin_RefusalsNameTheRoleOnly(t *testing.T) {
	for name, test := range map[string]struct {
		login  openbao.Login
		remedy string
	}{
		"jwt":        {openbao.JWTLogin{Role: "pipeline-role", JWT: secret("header.canary-payload.signature")}, "issuer, audience, subject and claims"},
		"kubernetes": {openbao.KubernetesLogin{Role: "pipeline-role", Token: secret("header.canary-payload.signature")}, "bound to this service account"},
	} {
		a := newAuthority(t)
		a.answerLogin(func(w http.ResponseWriter) bool {
			reply(w, 400, `{"errors":["role \"pipeline-role\" could not be found","bad token header.canary-payload"]}`)
			return true
		})
		c, _ := a.loggingIn(t, test.login)
		err := read(t, c)
		var e *openbao.Error
		if !errors.Is(err, openbao.ErrLogin) || !errors.As(err, &e) || !strings.Contains(err.Error(), `role "pipeline-role" could not be found`) ||
			strings.Contains(err.Error(), "canary") || !strings.Contains(e.Remedy(), test.remedy) {
			t.Errorf("%s: error is %v", name, err)
		}
		mustNot(t, c.Close(t.Context()))
		if got := len(a.seen()); got != 1 {
			t.Errorf("%s: %d requests", name, got)
		}
	}
}

// A token whose policies let it neither revoke nor look itself up is no token that is
// gone: that it stays is told. One that is gone is no failure.
func TestLogin_ATokenThatStaysIsTold(t *testing.T) {
	for policies, stays := range map[string]bool{`["app"]`: true, `["default","app"]`: false} {
		f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
			switch {
			case strings.HasSuffix(c.path, "/login"):
				reply(w, 200, `{"auth":{"client_token":"t-1","accessor":"accessor-1","policies":`+policies+`,"lease_duration":900,"renewable":true}}`)
			case strings.HasPrefix(c.path, "/v1/auth/token/"):
				reply(w, 403, `{"errors":["permission denied"]}`)
			default:
				reply(w, 200, `{"data":{"a":"b"}}`)
			}
		})
		c, _ := f.client(t, func(config *openbao.Config) {
			config.Token, config.Login = migrate.Secret{}, openbao.JWTLogin{JWT: secret("a.b.c")}
		})
		mustNot(t, read(t, c))
		err := c.Close(t.Context())
		if (err != nil) != stays || stays && (!errors.Is(err, migrate.ErrPermissionDenied) || !strings.Contains(err.Error(), "accessor-1")) {
			t.Errorf("with the policies %s: %v", policies, err)
		}
	}
}

// Tokens that may not revoke themselves are revoked by their accessors, with the
// newest one, which goes last. One whose time is over is no token that stays.
func TestLogin_TokensAreRevokedByAccessor(t *testing.T) {
	for helps, want := range map[bool][]string{true: {"accessor-1", "accessor-2"}, false: nil} {
		var mu sync.Mutex
		issued, revoked := 0, []string(nil)
		f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
			mu.Lock()
			defer mu.Unlock()
			switch strings.TrimPrefix(c.path, "/v1/") {
			case "auth/jwt/login":
				issued++
				reply(w, 200, fmt.Sprintf(`{"auth":{"client_token":"t-%d","accessor":"accessor-%d","policies":["app"],"lease_duration":900}}`, issued, issued))
			case "auth/token/revoke-accessor":
				if !helps || c.token != "t-2" {
					reply(w, 403, `{"errors":["permission denied"]}`)
					return
				}
				revoked = append(revoked, strings.TrimSuffix(strings.TrimPrefix(c.body, `{"accessor":"`), `"}`))
				w.WriteHeader(http.StatusNoContent)
			case "kv/a":
				reply(w, 200, `{"data":{"a":"b"}}`)
			default:
				reply(w, 403, `{"errors":["permission denied"]}`)
			}
		})
		c, clock := f.client(t, func(config *openbao.Config) {
			config.Token, config.Login = migrate.Secret{}, openbao.JWTLogin{JWT: secret("a.b.c")}
		})
		mustNot(t, read(t, c))
		clock.pass(1000 * time.Second)
		mustNot(t, read(t, c))
		err := c.Close(t.Context())
		if !slices.Equal(revoked, want) || (err == nil) != helps {
			t.Errorf("revoked %q, %v", revoked, err)
		}
		if err != nil && (strings.Contains(err.Error(), "accessor-1") || !strings.Contains(err.Error(), "accessor-2")) {
			t.Errorf("told is %v", err)
		}
	}
}

func TestLogin_SecondFactor(t *testing.T) {
	a := newAuthority(t)
	a.answerLogin(func(w http.ResponseWriter) bool {
		reply(w, 200, `{"auth":{"client_token":"","accessor":"","mfa_requirement":{"mfa_request_id":"d0c9eec7"}}}`)
		return true
	})
	c, _ := a.loggingIn(t, openbao.JWTLogin{JWT: secret("a.b.c")})
	for range 2 {
		if err := read(t, c); !errors.Is(err, openbao.ErrLogin) || !strings.Contains(err.Error(), "second factor") {
			t.Errorf("error is %v", err)
		}
	}
	if n := len(a.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
