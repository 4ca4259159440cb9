package openbao_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// standby answers reads as they were before the last write, three times, and after
// that as they are.
func standby(t *testing.T, before, after func(path string) (int, string)) *fake {
	t.Helper()
	stale := 0
	return newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.method != http.MethodGet {
			stale = 3
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer := after
		if stale > 0 {
			stale--
			answer = before
		}
		status, body := answer(strings.TrimPrefix(c.path, "/v1/"))
		reply(w, status, body)
	})
}

func nothing(string) (int, string) { return 404, `{"errors":[]}` }

// What the client removed itself is not taken for there, although a standby still
// shows it: a mount is seen to be empty, a role or policy is written anew.
func TestOwnRemovalsOnAStandby(t *testing.T) {
	t.Parallel()
	f := standby(t, func(path string) (int, string) {
		switch {
		case strings.HasSuffix(path, "/metadata"):
			return 200, `{"data":{"keys":["app/"]}}`
		case strings.HasSuffix(path, "/metadata/app"):
			return 200, `{"data":{"keys":["db"]}}`
		case strings.HasSuffix(path, "/role"):
			return 200, `{"data":{"keys":["app"]}}`
		case strings.HasPrefix(path, "sys/policies"):
			return 200, `{"data":{"policy":"path \"a\" { capabilities = [\"read\"] }"}}`
		}
		return 200, `{"data":{"bind_secret_id":true}}`
	}, nothing)
	c, clock := f.client(t)
	mustNot(t, c.Destroy(t.Context(), migrate.Location{Mount: "kv", Name: "app/db"}, migrate.KV2))
	if holds, err := c.HasSecrets(t.Context(), "", "kv", migrate.KV2); holds || err != nil {
		t.Errorf("holds %v, %v", holds, err)
	}
	mustNot(t, c.DeleteAppRole(t.Context(), "", "approle", "app"))
	if roles, err := c.ListAppRoles(t.Context(), "", "approle"); len(roles) > 0 || err != nil {
		t.Errorf("roles %v, %v", roles, err)
	}
	mustNot(t, c.DeleteAppRole(t.Context(), "", "approle", "app"))
	mustNot(t, c.CreateAppRole(t.Context(), openbao.AppRole{Mount: "approle", Name: "app", BindSecretID: true}))
	mustNot(t, c.DeletePolicy(t.Context(), "", "app"))
	if adopted, err := c.CreatePolicy(t.Context(), "", "app", `path "a" { capabilities = ["read"] }`); adopted || err != nil {
		t.Errorf("adopted %v, %v", adopted, err)
	}
	if waited := clock.Now().Sub(newClock().Now()); waited > 5*time.Second {
		t.Errorf("waited %v", waited)
	}
}

// What others put there counts at once, and what seems to stay for long is there.
func TestOwnRemovalsAndOthers(t *testing.T) {
	t.Parallel()
	keys := `["foreign","mine"]`
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply(w, 200, `{"data":{"keys":`+keys+`}}`)
	})
	c, clock := f.client(t)
	mustNot(t, c.Destroy(t.Context(), migrate.Location{Mount: "kv", Name: "mine"}, migrate.KV1))
	if holds, err := c.HasSecrets(t.Context(), "", "kv", migrate.KV1); !holds || err != nil || len(clock.slept) > 0 {
		t.Errorf("holds %v, %v after %d pauses", holds, err, len(clock.slept))
	}
	keys = `["mine"]`
	if holds, err := c.HasSecrets(t.Context(), "", "kv", migrate.KV1); !holds || err != nil {
		t.Errorf("holds %v, %v", holds, err)
	}
	if waited := clock.Now().Sub(newClock().Now()); waited > 11*time.Second {
		t.Errorf("waited %v", waited)
	}
}
