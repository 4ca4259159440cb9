package openbao_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestPathsArriveAsTheyAre(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 200, `{"data":{"a":"b"}}`) })
	c, _ := f.client(t)
	for _, name := range []string{"a b", "100%", "a%2Fb", "a?b", "a#b", "a+b", "é/日本", "a;b=c&d", `q"u`, "*"} {
		_, err := c.Read(t.Context(), migrate.Location{Mount: "team/kv", Name: name}, migrate.KV1, 0)
		mustNot(t, err)
		calls := f.seen()
		if got := calls[len(calls)-1]; got.path != "/v1/team/kv/"+name || got.query != "" {
			t.Errorf("%q arrived as %q with query %q", name, got.path, got.query)
		}
	}
	before := len(f.seen())
	for _, name := range []string{"", "/a", "a/", "a//b", ".", "a/../b", "a\nb", "a\x00b", "\u00a0a", " a", "a/b ", "\xff"} {
		if _, err := c.Read(t.Context(), migrate.Location{Mount: "kv", Name: name}, migrate.KV1, 0); err == nil {
			t.Errorf("name %q passes", name)
		}
		if err := openbao.ValidateMount(name); err == nil {
			t.Errorf("mount %q passes", name)
		}
	}
	if len(f.seen()) != before {
		t.Error("a bad name was sent")
	}
	if err := openbao.ValidateName("a/"); !strings.Contains(err.Error(), "remove the trailing slash") {
		t.Errorf("error is %q", err)
	}
}

func TestRequestsOfKV(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.method == http.MethodGet {
			reply(w, 200, `{"data":{"data":{"n":1.0000000000000000000001,"h":"<>"},"metadata":{"version":3,"created_time":"2026-01-02T03:04:05Z","deletion_time":""}}}`)
			return
		}
		reply(w, 200, written)
	})
	c, _ := f.client(t, func(config *openbao.Config) {
		config.Namespace, config.UserAgent, config.Headers = "team", "ocibao/test", map[string]string{"X-Extra": "yes"}
	})
	ctx := t.Context()
	entry, err := c.Read(ctx, here, migrate.KV2, 3)
	mustNot(t, err)
	if got := string(entry.Fields.Reveal()); got != `{"n":1.0000000000000000000001,"h":"<>"}` {
		t.Errorf("fields are %s", got)
	}
	_, err = c.Write(ctx, migrate.Location{Namespace: "/a/b/", Mount: "kv", Name: "a"}, migrate.KV2, secret(`{ "n": 1.10, "h":"<&>" }`), 2)
	mustNot(t, err)
	one := "1"
	mustNot(t, c.PatchCustomMetadata(ctx, here, map[string]*string{"a": &one, "b": nil}))
	mustNot(t, c.SoftDelete(ctx, here))
	mustNot(t, c.Destroy(ctx, here, migrate.KV2))
	mustNot(t, c.Destroy(ctx, here, migrate.KV1))
	want := []call{
		{method: "GET", path: "/v1/kv/data/a", query: "version=3", namespace: "team"},
		{method: "POST", path: "/v1/kv/data/a", namespace: "team/a/b", body: `{"options":{"cas":2},"data":{ "n": 1.10, "h":"<&>" }}`, contentType: "application/json"},
		{method: "PATCH", path: "/v1/kv/metadata/a", namespace: "team", body: `{"custom_metadata":{"a":"1","b":null}}`, contentType: "application/merge-patch+json"},
		{method: "DELETE", path: "/v1/kv/data/a", namespace: "team"},
		{method: "DELETE", path: "/v1/kv/metadata/a", namespace: "team"},
		{method: "DELETE", path: "/v1/kv/a", namespace: "team"},
	}
	for i, got := range f.seen() {
		if got.header.Get("User-Agent") != "ocibao/test" || got.header.Get("X-Extra") != "yes" || got.token != "s.given-token" {
			t.Errorf("headers are %v", got.header)
		}
		got.header, got.token = nil, ""
		if fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("request is\n%+v, want\n%+v", got, want[i])
		}
	}
	for _, bad := range []string{``, `[]`, `"a"`, `{`, `{}}`, `null`} {
		if _, err := c.Write(ctx, here, migrate.KV2, secret(bad), 0); err == nil {
			t.Errorf("fields %s pass", bad)
		}
	}
}

func TestDeletionTimeByTheClock(t *testing.T) {
	for deletion, deleted := range map[string]bool{"": false, "2026-01-02T03:04:04Z": true, "2026-01-02T03:04:06Z": false} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
			reply(w, 200, fmt.Sprintf(`{"data":{"current_version":2,"custom_metadata":null,"versions":{"2":{"created_time":"2026-01-01T00:00:00Z","deletion_time":%q}}}}`, deletion))
		})
		c, _ := f.client(t)
		metadata, err := c.Metadata(t.Context(), here)
		mustNot(t, err)
		if metadata.CurrentVersion.Deleted != deleted || metadata.CurrentVersion.Number != 2 {
			t.Errorf("deletion time %q: %+v", deletion, metadata)
		}
	}
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		reply(w, 404, `{"data":{"data":null,"metadata":{"version":4,"created_time":"2026-01-01T00:00:00Z","deletion_time":"","destroyed":true}}}`)
	})
	c, _ := f.client(t)
	entry, err := c.Read(t.Context(), here, migrate.KV2, 0)
	if err != nil || !entry.Version.Destroyed || entry.Version.Deleted || entry.Version.Number != 4 {
		t.Errorf("destroyed: %+v, %v", entry, err)
	}
}

// A standby that lags behind must not make the client doubt its own writes.
func TestReadsItsOwnWrites(t *testing.T) {
	lag := 0
	answers := map[string][2]string{ // before and after the standby has caught up
		"GET kv/data/a":                   {`404 {"errors":[]}`, `200 {"data":{"data":{"a":"c"},"metadata":{"version":2,"custom_metadata":{"k":"v"}}}}`},
		"GET kv/metadata/a":               {`200 {"data":{"current_version":1,"custom_metadata":{"k":"v"}}}`, `200 {"data":{"current_version":2,"custom_metadata":{"k":"v"}}}`},
		"GET sys/policies/acl/p":          {`200 {"data":{"policy":"old"}}`, `200 {"data":{"policy":"new"}}`},
		"GET auth/approle/role/r":         {`200 {"data":{"token_ttl":1}}`, `200 {"data":{"token_ttl":2}}`},
		"GET auth/approle/role/r/role-id": {`404 {"errors":[]}`, `200 {"data":{"role_id":"x"}}`},
		"GET sys/auth/approle":            {`400 {"errors":["No auth engine at approle/"]}`, `200 {"data":{"type":"approle","description":"d"}}`},
	}
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		pair, isRead := answers[c.method+" "+strings.TrimPrefix(c.path, "/v1/")]
		if !isRead {
			reply(w, 200, `{"data":{"version":2,"created_time":"2026-01-02T03:04:05Z"}}`)
			return
		}
		answer := pair[1]
		if lag > 0 {
			lag--
			answer = pair[0]
		}
		status, body, _ := strings.Cut(answer, " ")
		code, _ := strconv.Atoi(status)
		reply(w, code, body)
	})
	c, clock := f.client(t)
	ctx, value := t.Context(), "v"
	_, err := c.Write(ctx, here, migrate.KV2, secret(`{"a":"c"}`), 1)
	mustNot(t, err)
	mustNot(t, c.PatchCustomMetadata(ctx, here, map[string]*string{"k": &value, "gone": nil}))
	lag = 2
	entry, err := c.Read(ctx, here, migrate.KV2, 0)
	if err != nil || entry.Version.Number != 2 {
		t.Errorf("secret: %+v, %v", entry, err)
	}
	lag = 2
	metadata, err := c.Metadata(ctx, here)
	if err != nil || metadata.CurrentVersion.Number != 2 {
		t.Errorf("metadata: %+v, %v", metadata, err)
	}
	mustNot(t, c.PutPolicy(ctx, "", "p", "new"))
	lag = 2
	if text, err := c.GetPolicy(ctx, "", "p"); err != nil || text != "new" {
		t.Errorf("policy: %q, %v", text, err)
	}
	mustNot(t, c.UpdateAppRole(ctx, openbao.AppRole{Mount: "approle", Name: "r", TokenTTL: 2}))
	lag = 2
	if role, err := c.ReadAppRole(ctx, "", "approle", "r"); err != nil || role.TokenTTL != 2 {
		t.Errorf("role: %+v, %v", role, err)
	}
	lag = 2
	if id, err := c.ReadRoleID(ctx, "", "approle", "r"); err != nil || id != "x" {
		t.Errorf("role ID: %q, %v", id, err)
	}
	lag = 2
	mustNot(t, c.CreateAuthMount(ctx, openbao.AuthMount{Path: "approle", Type: "approle", Description: "d"}))
	if len(clock.slept) != 12 {
		t.Errorf("slept %v", clock.slept)
	}

	// It gives in to what others did, and later nothing is doubted.
	lag = 1000
	before := clock.Now()
	if text, err := c.GetPolicy(ctx, "", "p"); err != nil || text != "old" {
		t.Errorf("policy: %q, %v", text, err)
	}
	if waited := clock.Now().Sub(before); waited > 11*time.Second {
		t.Errorf("waited %v", waited)
	}
	before = clock.Now()
	_, _ = c.Read(ctx, here, migrate.KV2, 0)
	if clock.Now() != before {
		t.Error("an old write makes a read wait")
	}
}
