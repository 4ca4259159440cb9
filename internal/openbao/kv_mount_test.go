package openbao_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

const kv2Info = `{"data":{"path":"kv/","type":"kv","options":{"version":"2"},"config":{}}}`

// A standby knows of a mount, and the engine is ready, a little after the
// active node has said so.
func TestCreationWaitsForStandbyAndUpgrade(t *testing.T) {
	looked, configured := 0, 0
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		switch strings.TrimPrefix(c.path, "/v1/") {
		case "sys/internal/ui/mounts/kv":
			if looked++; looked < 3 {
				reply(w, 403, `{"errors":["preflight capability check returned 403"]}`)
				return
			}
			reply(w, 200, kv2Info)
		case "sys/mounts/kv":
			if c.method == http.MethodGet {
				reply(w, 400, `{"errors":["No secret engine mount at kv/"]}`)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		case "kv/config":
			switch configured++; configured {
			case 1:
				reply(w, 404, `{"errors":["no handler for route \"kv/config\". route entry not found."]}`)
			case 2:
				reply(w, 400, `{"errors":["Waiting for the primary to upgrade from non-versioned to versioned data."]}`)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		}
	})
	c, clock := f.client(t)
	mustNot(t, c.CreateKVMount(t.Context(), openbao.KVMount{Path: "kv", Engine: migrate.KV2, CASRequired: true}))
	if looked != 3 || configured != 3 || len(clock.slept) != 4 {
		t.Errorf("looked %d times, configured %d times, slept %v", looked, configured, clock.slept)
	}
	before := len(f.seen())
	engine, err := c.Engine(t.Context(), "", "kv")
	if err != nil || engine != migrate.KV2 || len(f.seen()) != before {
		t.Errorf("the engine %d, %v is not known from creation", engine, err)
	}
}

func TestEngineIsRememberedUntilChanged(t *testing.T) {
	version := "1"
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		if c.method == http.MethodGet {
			reply(w, 200, strings.Replace(kv2Info, `"2"`, `"`+version+`"`, 1))
			return
		}
		version = "2"
		w.WriteHeader(http.StatusNoContent)
	})
	c, _ := f.client(t)
	ctx := t.Context()
	for range 3 {
		if engine, err := c.Engine(ctx, "", "kv"); err != nil || engine != migrate.KV1 {
			t.Fatalf("engine is %d, %v", engine, err)
		}
	}
	if got := f.paths(); len(got) != 1 {
		t.Errorf("asked %q", got)
	}
	mustNot(t, c.UpgradeKV(ctx, "", "kv"))
	if engine, err := c.Engine(ctx, "", "kv"); err != nil || engine != migrate.KV2 {
		t.Errorf("engine is %d, %v after the upgrade", engine, err)
	}
	mustNot(t, c.DeleteKVMount(ctx, "", "kv"))
	before := len(f.seen())
	_, _ = c.Engine(ctx, "", "kv")
	if len(f.seen()) == before {
		t.Error("an unmounted engine is remembered")
	}
}

func TestMissingMountsAreNotRemembered(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, n int, c call) {
		switch {
		case n > 2:
			reply(w, 200, kv2Info)
		case strings.Contains(c.path, "internal"):
			reply(w, 403, `{"errors":["no"]}`)
		default:
			reply(w, 400, `{"errors":["No secret engine mount at kv/"]}`)
		}
	})
	c, clock := f.client(t)
	if _, err := c.Engine(t.Context(), "", "kv"); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("error is %v", err)
	}
	if engine, err := c.Engine(t.Context(), "", "kv"); err != nil || engine != migrate.KV2 {
		t.Errorf("engine is %d, %v", engine, err)
	}
	if len(clock.slept) != 0 {
		t.Errorf("slept %v for a mount of others", clock.slept)
	}
}

func TestEveryNameOfKV(t *testing.T) {
	for info, want := range map[string]migrate.Engine{
		`"type":"kv","options":{"version":"2"}`: migrate.KV2,
		`"type":"kv-v2","options":null`:         migrate.KV2,
		`"type":"kv","options":{"version":"1"}`: migrate.KV1,
		`"type":"kv","options":null`:            migrate.KV1,
		`"type":"kv-v1","options":null`:         migrate.KV1,
		`"type":"generic","options":null`:       migrate.KV1,
		`"type":"transit","options":null`:       0,
	} {
		f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 200, `{"data":{"path":"kv/",`+info+`}}`) })
		c, _ := f.client(t)
		engine, err := c.Engine(t.Context(), "", "kv")
		if engine != want || (want == 0) != errors.Is(err, migrate.ErrMountType) {
			t.Errorf("%s is engine %d, %v", info, engine, err)
		}
		if want == 0 && !strings.Contains(err.Error(), "transit") {
			t.Errorf("error is %v", err)
		}
	}
}

func TestUntunedFieldsAreReset(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) { reply(w, 200, kv2Info) })
	c, _ := f.client(t)
	mustNot(t, c.TuneKVMount(t.Context(), openbao.KVMount{Path: "kv", Engine: migrate.KV2, MaxLeaseTTL: 60}))
	var bodies []string
	for _, c := range f.seen() {
		bodies = append(bodies, c.body)
	}
	if want := []string{
		"", `{"default_lease_ttl":"system","description":"","listing_visibility":"","max_lease_ttl":"60s"}`,
		`{"cas_required":false,"delete_version_after":"0s","max_versions":0}`,
	}; !slices.Equal(bodies, want) {
		t.Errorf("sent %q", bodies)
	}
}
