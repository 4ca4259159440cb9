package source_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

const (
	listSecrets      = "vault.ListSecrets"
	getSecret        = "vault.GetSecret"
	listVersions     = "vault.ListSecretVersions"
	listCompartments = "identity.ListCompartments"
	getBundle        = "secrets.GetSecretBundle"
	getByName        = "secrets.GetSecretBundleByName"
)

// namesOf are the names of the list, with the state where it is not ACTIVE.
func namesOf(result map[string]any) string {
	var names []string
	for _, each := range result["secrets"].([]any) {
		secret := each.(map[string]any)
		name := secret["name"].(string)
		if state := secret["lifecycle_state"]; state != "ACTIVE" {
			name += " " + state.(string)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func keysOf(result map[string]any, attribute string) string {
	return strings.Join(slices.Sorted(maps.Keys(result[attribute].(map[string]any))), ", ")
}

func TestSecretsFilters(t *testing.T) {
	w := newWorld(t)
	tagged := ociemu.WithFreeformTags
	w.secret("db", "1", tagged(map[string]string{"team": "a", "env": "prod"}))
	w.secret("DB", "2", tagged(map[string]string{"team": "a"}))
	w.secret("db-replica", "3", tagged(map[string]string{"team": "b", "env": "prod"}))
	must(w.AddSecret(w.compartment, w.other, "web", []byte("4")))(t)
	must(w.AddSecret(w.home, w.vault, "elsewhere", []byte("5")))(t)
	ok(t, w.SetLifecycleState(w.secret("busy", "6"), "UPDATING"))
	ok(t, w.SetLifecycleState(w.secret("gone", "7"), "DELETED"))
	for name, c := range map[string]struct {
		filter attributes
		listed string
		asked  int
	}{
		"none":            {attributes{}, "DB, busy UPDATING, db, db-replica, web", 5},
		"vault":           {attributes{"vault_id": w.other}, "web", 1},
		"name":            {attributes{"name": "db"}, "db", 1},
		"regex":           {attributes{"name_regex": "(?i)^db$"}, "DB, db", 2},
		"regex anywhere":  {attributes{"name_regex": "repl"}, "db-replica", 1},
		"state":           {attributes{"lifecycle_state": "UPDATING"}, "busy UPDATING", 1},
		"tag":             {attributes{"freeform_tags": map[string]string{"team": "a"}}, "DB, db", 2},
		"two tags":        {attributes{"freeform_tags": map[string]string{"team": "a", "env": "prod"}}, "db", 1},
		"no such tag":     {attributes{"freeform_tags": map[string]string{"env": ""}}, "", 0},
		"all at once":     {attributes{"vault_id": w.vault, "name_regex": "db", "freeform_tags": map[string]string{"env": "prod"}}, "db, db-replica", 2},
		"nothing matches": {attributes{"name": "nothing"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.Reset()
			c.filter["compartment_id"] = w.compartment
			result := w.must("ocibao_secrets", c.filter)
			if got := namesOf(result); got != c.listed {
				t.Errorf("listed %s, want %s", got, c.listed)
			}
			if pins := result["pins"].(map[string]any); len(pins) != c.asked {
				t.Errorf("%d pins, want %d", len(pins), c.asked)
			}
			w.requests(map[string]int{listSecrets: 1, getSecret: c.asked})
		})
	}
}

func TestSecretsFields(t *testing.T) {
	w := newWorld(t)
	created := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	id := w.secret("db", "one", ociemu.WithTimeCreated(created), ociemu.WithDescription("A database"),
		ociemu.WithFreeformTags(map[string]string{"team": "a"}))
	must(w.AddVersion(id, []byte("two")))(t)
	ok(t, w.SetRules(id, ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}))
	ok(t, w.SetRotation(id, &ociemu.RotationConfig{Interval: "P30D", LastTime: created}))
	result := w.must("ocibao_secrets", attributes{"compartment_id": w.compartment})
	want := map[string]any{
		"id": id, "name": "db", "compartment_id": w.compartment, "vault_id": w.vault, "description": "A database",
		"lifecycle_state": "ACTIVE", "time_created": "2025-03-04T05:06:07Z", "time_of_deletion": nil,
		"current_version_number": int64(2), "freeform_tags": map[string]any{"team": "a"},
		"time_of_current_version_expiry": "2099-01-01T00:00:00Z", "rotation_status": "NOT_ENABLED", "last_rotation_time": "2025-03-04T05:06:07Z", "next_rotation_time": nil,
	}
	if got := result["secrets"].([]any)[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := fmt.Sprint(result["pins"], result["ids"]); got != fmt.Sprintf("map[db:%s@2] map[db:%[1]s]", id) {
		t.Errorf("pins and ids are %s", got)
	}
}

func TestSecretsWithoutPins(t *testing.T) {
	w := newWorld(t)
	w.secret("db", "one")
	must(w.AddSecret(w.compartment, w.other, "db", []byte("two")))(t)
	w.Deny(w.tenancy, ociemu.ReadMetadata)
	result := w.must("ocibao_secrets", attributes{"compartment_id": w.compartment, "include_pins": false})
	first := result["secrets"].([]any)[0].(map[string]any)
	if namesOf(result) != "db, db" || result["pins"] != nil || result["ids"] != nil || first["current_version_number"] != nil {
		t.Errorf("got %v", result)
	}
	w.requests(map[string]int{listSecrets: 1})
}

func TestSecretsSubtree(t *testing.T) {
	w := newWorld(t)
	deep := must(w.AddCompartment(w.compartment, "deep"))(t)
	deleted := must(w.AddCompartment(w.home, "deleted"))(t)
	ok(t, w.SetCompartmentState(deleted, "DELETED"))
	for compartment, name := range map[string]string{w.tenancy: "a", w.home: "b", w.compartment: "c", deep: "d", deleted: "x"} {
		must(w.AddSecret(compartment, w.vault, name, []byte(name)))(t)
	}
	for name, c := range map[string]struct {
		root     string
		subtree  any
		listed   string
		requests map[string]int
	}{
		"off by default":    {w.home, nil, "b", map[string]int{listSecrets: 1, getSecret: 1}},
		"off":               {w.home, false, "b", map[string]int{listSecrets: 1, getSecret: 1}},
		"below compartment": {w.home, true, "b, c, d", map[string]int{listCompartments: 3, listSecrets: 3, getSecret: 3}},
		"whole tenancy":     {w.tenancy, true, "a, b, c, d", map[string]int{listCompartments: 1, listSecrets: 4, getSecret: 4}},
		"leaf":              {deep, true, "d", map[string]int{listCompartments: 1, listSecrets: 1, getSecret: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.Reset()
			result := w.must("ocibao_secrets", attributes{"compartment_id": c.root, "compartment_id_in_subtree": c.subtree})
			if got := namesOf(result); got != c.listed {
				t.Errorf("listed %s, want %s", got, c.listed)
			}
			w.requests(c.requests)
		})
	}
	w.t = t
	w.AddFault(ociemu.Fault{Call: listSecrets, Query: regexp.MustCompile(deep), Status: 404})
	w.refuses("ocibao_secrets", attributes{"compartment_id": w.home, "compartment_id_in_subtree": true}, "compartment_id",
		"ListSecrets "+deep, "inspect secrets")
}

func TestSecretsSparsePages(t *testing.T) {
	w := newWorld(t, ociemu.WithPageSize(2), ociemu.WithSparsePages())
	var want []string
	for i := range 9 {
		name := fmt.Sprintf("s%d", i)
		w.secret(name, name)
		want = append(want, name)
	}
	result := w.must("ocibao_secrets", attributes{"compartment_id": w.compartment})
	if got := namesOf(result); got != strings.Join(want, ", ") {
		t.Errorf("listed %s", got)
	}
	if w.Count(getSecret) != 9 || w.MaxInFlight() > w.clients.OCI.Client.MaxConcurrency() {
		t.Errorf("%d requests, %d at once", w.Count(getSecret), w.MaxInFlight())
	}
}

// TestSecretsMovedWhileListed has a secret answer in two compartments.
func TestSecretsMovedWhileListed(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	moved := make(chan struct{})
	w.wrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/20180608/secrets" && r.URL.Query().Get("compartmentId") == w.home {
				<-moved
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			if r.URL.Path == "/20180608/secrets" && r.URL.Query().Get("compartmentId") == w.compartment {
				ok(t, w.MoveCompartment(id, w.home))
				close(moved)
			}
			maps.Copy(rw.Header(), answer.Header())
			rw.WriteHeader(answer.Code)
			_, _ = rw.Write(answer.Body.Bytes())
		})
	}
	result := w.must("ocibao_secrets", attributes{"compartment_id": w.home, "compartment_id_in_subtree": true})
	if namesOf(result) != "db" {
		t.Errorf("listed %s", namesOf(result))
	}
	w.requests(map[string]int{listCompartments: 2, listSecrets: 2, getSecret: 1})
}

func TestSecretsNamesakes(t *testing.T) {
	w := newWorld(t)
	a, b := w.secret("db", "one"), must(w.AddSecret(w.compartment, w.other, "db", []byte("two")))(t)
	c, d := w.secret("web", "one"), must(w.AddSecret(w.home, w.other, "web", []byte("two")))(t)
	w.secret("single", "one")
	_, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.home, "compartment_id_in_subtree": true})
	if len(diags) != 2 {
		t.Fatalf("want both names: %s", text(diags))
	}
	holds(t, diags[0], "vault_id", "Several secrets", `"db"`, a, b, "Set vault_id to one of these vaults,")
	holds(t, diags[1], "vault_id", `"web"`, c, d, "vault_id", "or compartment_id")
	if result := w.must("ocibao_secrets", attributes{"compartment_id": w.compartment, "vault_id": w.vault}); keysOf(result, "pins") != "db, single, web" {
		t.Errorf("pins of %s", keysOf(result, "pins"))
	}
	// One on its way out gives way.
	ok(t, w.ScheduleDeletion(b, time.Now().Add(time.Hour)))
	result, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment})
	if keysOf(result, "pins") != "db, single, web" || len(diags) != 1 || diags[0].Severity != tfprotov6.DiagnosticSeverityWarning {
		t.Errorf("pins of %v, %s", result["pins"], text(diags))
	}
}

func TestSecretsPendingDeletion(t *testing.T) {
	w := newWorld(t)
	w.secret("stays", "one")
	id := w.secret("goes", "two")
	at := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	ok(t, w.ScheduleDeletion(id, at))
	result, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment})
	if namesOf(result) != "goes PENDING_DELETION, stays" || keysOf(result, "pins") != "goes, stays" || keysOf(result, "ids") != "goes, stays" {
		t.Errorf("got %v", result)
	}
	first := result["secrets"].([]any)[0].(map[string]any)
	if first["time_of_deletion"] != at.Format(time.RFC3339) || first["current_version_number"] != int64(1) {
		t.Errorf("got %v", first)
	}
	if len(diags) != 1 || diags[0].Severity != tfprotov6.DiagnosticSeverityWarning {
		t.Fatal(text(diags))
	}
	holds(t, diags[0], "", "Secrets that are going away", "goes ("+id+"), PENDING_DELETION, to be deleted at "+at.Format(time.RFC3339), `lifecycle_state = "ACTIVE"`)
	result = w.must("ocibao_secrets", attributes{"compartment_id": w.compartment, "lifecycle_state": "ACTIVE"})
	if namesOf(result) != "stays" {
		t.Errorf("listed %s", namesOf(result))
	}
	// The number of what is on its way out is no reason to fail.
	w.Deny(id, ociemu.ReadMetadata)
	result, _ = w.read("ocibao_secrets", attributes{"compartment_id": w.compartment, "lifecycle_state": "PENDING_DELETION"})
	if namesOf(result) != "goes PENDING_DELETION" || keysOf(result, "pins") != "" {
		t.Errorf("listed %s", namesOf(result))
	}
}

func TestSecretsChangeWhileListed(t *testing.T) {
	w := newWorld(t)
	w.secret("stays", "one")
	id := w.secret("leaves", "two")
	for state, want := range map[any][2]string{nil: {"leaves PENDING_DELETION, stays", "leaves, stays"}, "ACTIVE": {"stays", "stays"}} {
		var once sync.Once
		remove := w.OnRequest(func(r *ociemu.RequestRecord) {
			if r.Call == getSecret {
				once.Do(func() { ok(t, w.ScheduleDeletion(id, time.Now().Add(time.Hour))) })
			}
		})
		result, _ := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment, "lifecycle_state": state})
		if namesOf(result) != want[0] || keysOf(result, "pins") != want[1] {
			t.Errorf("state %v: got %v", state, result)
		}
		remove()
		ok(t, w.CancelDeletion(id))
	}
	w.OnRequest(func(r *ociemu.RequestRecord) {
		if r.Call == getSecret && strings.HasSuffix(r.Path, id) {
			ok(t, w.Delete(id))
		}
	})
	result, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment})
	if namesOf(result) != "stays" || keysOf(result, "pins") != "stays" || len(diags) != 1 {
		t.Fatalf("got %v, %s", result, text(diags))
	}
	holds(t, diags[0], "", "Secrets vanished", id)
}

func TestSecretsForbidden(t *testing.T) {
	for name, deny := range map[string]func(w *world, ids []string){
		"all":  func(w *world, _ []string) { w.Deny(w.tenancy, ociemu.ReadMetadata) },
		"some": func(w *world, ids []string) { w.Deny(ids[1], ociemu.ReadMetadata); w.Deny(ids[2], ociemu.ReadMetadata) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ids := []string{w.secret("a", "1"), w.secret("b", "2"), w.secret("c", "3")}
			deny(w, ids)
			w.refuses("ocibao_secrets", attributes{"compartment_id": w.compartment}, "compartment_id",
				ids[1], ids[2], "404 NotAuthorizedOrNotFound", "Check the OCID", "read secrets in compartment", "include_pins = false")
		})
	}
	w := newWorld(t)
	w.Deny(w.compartment, ociemu.Inspect)
	w.refuses("ocibao_secrets", attributes{"compartment_id": w.compartment}, "compartment_id",
		"Unable to list secrets of compartment "+w.compartment, "Check the compartment's OCID", "inspect secrets")
	w.Deny(w.home, ociemu.Inspect)
	w.refuses("ocibao_secrets", attributes{"compartment_id": w.home, "compartment_id_in_subtree": true}, "compartment_id", "inspect")
}

func TestSecretsOtherErrors(t *testing.T) {
	for call, status := range map[string]int{getSecret: 401, listSecrets: 401} {
		w := newWorld(t)
		w.secret("db", "one")
		w.AddFault(ociemu.Fault{Call: call, Status: status})
		w.refuses("ocibao_secrets", attributes{"compartment_id": w.compartment}, "", "401", "API key")
	}
}

func TestSecretsValidation(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		config    attributes
		attribute string
		parts     []string
	}{
		"not an OCID":      {attributes{"compartment_id": "dev"}, "compartment_id", []string{"begins with ocid1.compartment or ocid1.tenancy"}},
		"another OCID":     {attributes{"compartment_id": w.vault}, "compartment_id", []string{"OCID of a vault, not of a compartment or tenancy"}},
		"white space":      {attributes{"compartment_id": w.home + "\n"}, "compartment_id", []string{"white space"}},
		"vault":            {attributes{"compartment_id": w.home, "vault_id": w.home}, "vault_id", []string{"not of a vault"}},
		"name":             {attributes{"compartment_id": w.home, "name": "a/b"}, "name", []string{"letters, digits"}},
		"regex":            {attributes{"compartment_id": w.home, "name_regex": "(a"}, "name_regex", []string{"missing closing )"}},
		"no look-ahead":    {attributes{"compartment_id": w.home, "name_regex": "(?=a)"}, "name_regex", []string{"Invalid regular expression"}},
		"state":            {attributes{"compartment_id": w.home, "lifecycle_state": "active"}, "lifecycle_state", []string{"PENDING_DELETION"}},
		"old tenancy OCID": {attributes{"compartment_id": "ocidv1:tenancy:oc1:phx:1", "name_regex": "("}, "name_regex", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refuses("ocibao_secrets", c.config, c.attribute, c.parts...)
			w.requests(nil)
		})
	}
}
