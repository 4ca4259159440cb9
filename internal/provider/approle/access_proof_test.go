package approle

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate/migratetest"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// lagging is a server whose nodes do not know a new token for the first requests.
type lagging struct {
	mu    sync.Mutex
	left  int // requests with the new token that are still refused
	calls []string
}

func (l *lagging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	l.calls = append(l.calls, path)
	answer := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
	const refused = `{"errors":["permission denied"]}`
	if r.Header.Get("X-Vault-Token") == "s.new" && path != "auth/token/revoke-self" {
		if l.left > 0 {
			l.left--
			answer(http.StatusForbidden, refused)
			return
		}
	}
	switch path {
	case "auth/approle/role/app/secret-id":
		answer(http.StatusOK, `{"data":{"secret_id":"id","secret_id_accessor":"accessor","secret_id_num_uses":1}}`)
	case "auth/approle/login":
		answer(http.StatusOK, `{"auth":{"client_token":"s.new","accessor":"new","policies":["app","default"]}}`)
	case "sys/capabilities-self":
		answer(http.StatusOK, `{"data":{"kv/a":["read"],"kv/b":["deny"]}}`)
	case "kv/a":
		answer(http.StatusOK, `{"data":{"value":"x"}}`)
	case "auth/token/revoke-self":
		answer(http.StatusNoContent, "")
	default:
		answer(http.StatusForbidden, refused)
	}
}

// A standby that does not know a new token yet is asked again; one that goes on
// refusing is believed.
func TestProof_StandbyBehind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusals int
		proven   bool
	}{"at once": {0, true}, "after a moment": {5, true}, "never": {1 << 20, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &lagging{left: test.refusals}
			served := httptest.NewServer(server)
			defer served.Close()
			clock := migratetest.NewClock()
			client, err := openbao.New(openbao.Config{Address: served.URL, Token: migrate.NewSecret([]byte("s.given")), Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			began := clock.Now()
			look := proof{
				client: client, clock: clock, role: openbao.AppRole{Mount: "approle", Name: "app", BindSecretID: true, RoleID: "role"},
				access: aclpolicy.Access{MustRead: []string{"kv/a"}, MustNotRead: []string{"kv/b"}},
			}
			found, violations, err := look.run(t.Context())
			switch {
			case test.proven && (err != nil || len(violations) > 0 || found.Attempts["kv/a"] != aclpolicy.AttemptRead || found.Attempts["kv/b"] != aclpolicy.AttemptDenied):
				t.Errorf("found %+v, %q, %v", found, violations, err)
			case !test.proven && (err == nil || !strings.Contains(err.Error(), "cannot ask for its own capabilities")):
				t.Errorf("found %+v, %v", found, err)
			case clock.Now().Sub(began) > 2*tokenSettleTime:
				t.Errorf("it took %v", clock.Now().Sub(began))
			}
			if !slices.Contains(server.calls, "auth/token/revoke-self") {
				t.Errorf("the token was not revoked: %v", server.calls)
			}
		})
	}
}
