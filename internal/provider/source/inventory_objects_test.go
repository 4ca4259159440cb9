package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

const listVaults = "kms.ListVaults"

// entriesOf are one attribute of each element of a list.
func entriesOf(result map[string]any, list, attribute string) string {
	var texts []string
	for _, each := range result[list].([]any) {
		texts = append(texts, fmt.Sprint(each.(map[string]any)[attribute]))
	}
	return strings.Join(texts, ", ")
}

func TestCompartments(t *testing.T) {
	w := newWorld(t)
	must(w.AddCompartment(w.compartment, "deep"))(t)
	gone := must(w.AddCompartment(w.home, "gone"))(t)
	ok(t, w.SetCompartmentState(gone, "DELETED"))
	ok(t, w.SetCompartmentState(must(w.AddCompartment(w.home, "going"))(t), "DELETING"))
	for name, c := range map[string]struct {
		root     string
		subtree  any
		paths    string
		requests int
	}{
		"next":              {w.home, nil, "going, secrets", 1},
		"subtree":           {w.home, true, "going, secrets, secrets/deep", 4},
		"tenancy":           {w.tenancy, false, "/, vaults", 1},
		"tenancy's subtree": {w.tenancy, true, "/, vaults, vaults/going, vaults/secrets, vaults/secrets/deep", 1},
		"empty":             {gone, true, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.Reset()
			result := w.must("ocibao_compartments", attributes{"compartment_id": c.root, "compartment_id_in_subtree": c.subtree})
			if got := entriesOf(result, "compartments", "path"); got != c.paths {
				t.Errorf("got %s, want %s", got, c.paths)
			}
			if got := keysOf(result, "ids"); got != c.paths {
				t.Errorf("the keys of ids are %s, want %s", got, c.paths)
			}
			w.requests(map[string]int{listCompartments: c.requests})
		})
	}
}

func TestCompartmentsFields(t *testing.T) {
	w := newWorld(t)
	created := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	id := must(w.AddCompartment(w.tenancy, "a", ociemu.WithTimeCreated(created), ociemu.WithDescription("First"),
		ociemu.WithFreeformTags(map[string]string{"team": "a"})))(t)
	result := w.must("ocibao_compartments", attributes{"compartment_id": w.tenancy})
	want := []any{
		map[string]any{
			"id": w.tenancy, "parent_id": nil, "name": nil, "path": "/", "description": nil,
			"lifecycle_state": "ACTIVE", "time_created": nil, "freeform_tags": map[string]any{},
		},
		map[string]any{
			"id": id, "parent_id": w.tenancy, "name": "a", "path": "a", "description": "First",
			"lifecycle_state": "ACTIVE", "time_created": "2025-03-04T05:06:07Z", "freeform_tags": map[string]any{"team": "a"},
		},
	}
	if got := result["compartments"].([]any)[:2]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := result["ids"].(map[string]any); got["/"] != w.tenancy || got["a"] != id {
		t.Errorf("ids are %v", got)
	}
}

func TestVaults(t *testing.T) {
	w := newWorld(t)
	result := w.must("ocibao_vaults", attributes{"compartment_id": w.home})
	if got := fmt.Sprint(result["ids"]); got != fmt.Sprintf("map[main:%s other:%s]", w.vault, w.other) {
		t.Errorf("ids are %s", got)
	}
	first := result["vaults"].([]any)[0].(map[string]any)
	if first["id"] != w.vault || first["name"] != "main" || first["compartment_id"] != w.home || first["lifecycle_state"] != "ACTIVE" ||
		first["vault_type"] != "DEFAULT" || !strings.HasPrefix(first["management_endpoint"].(string), "https://") ||
		!strings.Contains(first["crypto_endpoint"].(string), "-crypto") || first["time_created"] == nil || len(first["freeform_tags"].(map[string]any)) > 0 {
		t.Errorf("got %v", first)
	}
	w.requests(map[string]int{listVaults: 1})
	if result := w.must("ocibao_vaults", attributes{"compartment_id": w.compartment}); len(result["vaults"].([]any)) > 0 {
		t.Errorf("got %v", result)
	}
}

func TestSecretVersions(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one", ociemu.WithVersionName("first"))
	for range 10 {
		must(w.AddVersion(id, []byte("next")))(t)
	}
	must(w.AddPendingVersion(id, []byte("later")))(t)
	ok(t, w.ScheduleVersionDeletion(id, 2, time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)))
	w.Deny(w.tenancy, ociemu.ReadBundle)
	result := w.must("ocibao_secret_versions", attributes{"secret_id": id})
	if got := entriesOf(result, "versions", "version_number"); got != "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12" {
		t.Errorf("the versions are %s", got)
	}
	if got := entriesOf(result, "versions", "time_of_deletion"); !strings.HasPrefix(got, "<nil>, 2031-01-02T03:04:05Z, <nil>") {
		t.Errorf("deleted at %s", got)
	}
	if got := entriesOf(result, "versions", "stages"); !strings.HasPrefix(got, "[DEPRECATED], ") || !strings.HasSuffix(got, "[CURRENT], [PENDING LATEST]") &&
		!strings.HasSuffix(got, "[CURRENT], [LATEST PENDING]") {
		t.Errorf("the stages are %s", got)
	}
	first := result["versions"].([]any)[0].(map[string]any)
	if first["version_name"] != "first" || first["pin"] != id+"@1" || first["time_created"] == nil || first["time_of_expiry"] != nil {
		t.Errorf("got %v", first)
	}
	if pins := result["pins"].(map[string]any); len(pins) != 12 || pins["2"] != id+"@2" || pins["11"] != id+"@11" {
		t.Errorf("pins are %v", pins)
	}
	w.requests(map[string]int{listVersions: 1})
}

func TestInventoryRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	for name, c := range map[string]struct {
		object, argument, wrong string
	}{
		"compartments":    {"ocibao_compartments", "compartment_id", w.vault},
		"vaults":          {"ocibao_vaults", "compartment_id", id},
		"secret versions": {"ocibao_secret_versions", "secret_id", w.vault},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refuses(c.object, attributes{c.argument: c.wrong}, c.argument, "Invalid")
		})
	}
	w.t = t
	w.Deny(w.tenancy, ociemu.Inspect)
	w.Deny(w.tenancy, ociemu.ReadMetadata)
	for object, config := range map[string]attributes{
		"ocibao_compartments":    {"compartment_id": w.home},
		"ocibao_vaults":          {"compartment_id": w.home},
		"ocibao_secret_versions": {"secret_id": id},
	} {
		for argument, value := range config {
			w.refuses(object, config, argument, "Unable to list", value.(string), "inspect")
		}
	}
}
