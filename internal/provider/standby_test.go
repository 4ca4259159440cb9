package provider_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// behindStandby is a harness whose provider talks to a standby.
func behindStandby(t *testing.T) (*acctest.Harness, *acctest.Standby) {
	t.Helper()
	h := started(t)
	standby, err := acctest.StartStandby(t.Context(), h.Bao.Address)
	if err != nil {
		t.Fatal(err)
	}
	// Longer than what was seen of a cluster, so that a slow machine does not hide
	// what a fast one would show.
	standby.StaleTime, standby.UpgradeTime = 1500*time.Millisecond, 2500*time.Millisecond
	if h.Proxy, err = acctest.StartProxy(t.Context(), standby.URL); err != nil {
		t.Fatal(err)
	}
	return h, standby
}

// standbyLife is a configuration with one of each object.
const standbyLife = `
resource "ocibao_kv_mount" "two" {
  path         = "two"
  description  = "DESCRIPTION"
  max_versions = 5
}

resource "ocibao_kv_mount" "one" {
  path    = "one"
  version = 1
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"${ocibao_migrated_secret.two.acl_path}\" { capabilities = [\"CAPABILITY\"] }"
}

resource "ocibao_auth_mount" "apps" {
  path        = "apps"
  description = "DESCRIPTION"
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.apps.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
  token_ttl      = "TTL"
}

resource "ocibao_approle_secret_id" "app" {
  mount        = ocibao_auth_mount.apps.path
  role_name    = ocibao_approle.app.name
  wrapping_ttl = "1h"
  metadata     = { of = "DESCRIPTION" }
}

resource "ocibao_migrated_secret" "two" {
  secret_id  = "OCID"
  mount      = ocibao_kv_mount.two.path
  name       = "NAME"
  on_destroy = "destroy"
}

resource "ocibao_migrated_secret" "one" {
  secret_id  = "OCID"
  mount      = ocibao_kv_mount.one.path
  name       = "NAME"
  on_destroy = "destroy"
}
`

// timed runs a step of a life, and expects it to end in bounded time.
func timed(h *acctest.Harness, name string, step func()) {
	h.Helper()
	started := time.Now()
	step()
	if took := time.Since(started); took > 2*time.Minute {
		h.Errorf("%s took %v", name, took)
	}
}

// A standby answers from a copy that is behind, and refuses everything below a KV
// v2 mount that is new: from the first apply to the destroy there is no error, and
// a plan straight after an apply is empty.
func TestStandby_WholeLife(t *testing.T) {
	h, standby := behindStandby(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	first := strings.NewReplacer("OCID", id, "DESCRIPTION", "first", "CAPABILITY", "read", "TTL", "1h", "NAME", "app/a")
	second := strings.NewReplacer("OCID", id, "DESCRIPTION", "second", "CAPABILITY", "list", "TTL", "2h", "NAME", "app/b")
	settled := func(name string) {
		t.Helper()
		timed(h, name, func() {
			h.Apply()
			h.Plan(0)
		})
	}
	h.Configure(first.Replace(standbyLife))
	settled("create")
	if standby.Stale() == 0 || standby.Refused() == 0 {
		t.Errorf("%d answers were stale, %d requests refused: the standby was none", standby.Stale(), standby.Refused())
	}
	h.Rotate(id, rotated)
	h.Contains(h.Plan(2), "version_number = 1 -> 2", "2 to change")
	settled("rotation")
	h.Operator(http.MethodPost, "two/data/app/a", map[string]any{"data": map[string]string{"by": "hand"}})
	h.Operator(http.MethodDelete, "one/app/a", nil)
	h.Contains(h.Plan(2), `drift = "destination_modified" -> "none"`, `drift = "destination_missing" -> "none"`, "2 to change")
	settled("repair")
	h.Configure(second.Replace(standbyLife))
	settled("change and move")
	if got := h.KV2("two", "app/b") + h.KV2("two", "app/a") + h.KV1("one", "app/b") + h.KV1("one", "app/a"); got != rotated+rotated {
		t.Errorf("stored %s", got)
	}
	timed(h, "replacement", func() {
		h.Apply("-replace=ocibao_migrated_secret.two", "-replace=ocibao_migrated_secret.one", "-replace=ocibao_policy.app",
			"-replace=ocibao_approle.app", "-replace=ocibao_approle_secret_id.app", "-replace=ocibao_kv_mount.one", "-replace=ocibao_kv_mount.two")
		h.Plan(0)
	})
	timed(h, "destroy", func() {
		if run := h.CLI("destroy", "-auto-approve"); run.ExitCode != 0 {
			t.Error(run.Output)
		}
	})
}
