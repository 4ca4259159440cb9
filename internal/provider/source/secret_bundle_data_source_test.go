package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

func TestBundleContentKinds(t *testing.T) {
	for name, c := range map[string]struct {
		content, format string
		keys            []any
	}{
		"object":            {`{"user":"u","pass":{"deep":1}}`, "json", []any{"pass", "user"}},
		"object, spaced":    {" {\n\"a\": 1}\n", "json", []any{"a"}},
		"no members":        {`{}`, "json", []any{}},
		"large number":      {`{"n":12345678901234567890.10}`, "json", []any{"n"}},
		"repeated member":   {`{"a":1,"a":2}`, "text", []any{}},
		"array":             {`["a"]`, "text", []any{}},
		"JSON string":       {`"a"`, "text", []any{}},
		"text":              {"line one\n\"line\" two\n", "text", []any{}},
		"UTF-8":             {"pässwörd 🔑", "text", []any{}},
		"empty":             {"", "text", []any{}},
		"binary":            {"\x00\xff\xfe", "binary", []any{}},
		"25 KB":             {strings.Repeat("x", 25*1024), "text", []any{}},
		"object, not UTF-8": {"{\"a\":\"\xff\"}", "binary", []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.secret("db", c.content)
			for _, config := range []attributes{{"secret_id": id}, {"name": "db", "vault_id": w.vault}} {
				result := w.must("ocibao_secret_bundle", config)
				if result["content_format"] != c.format || result["length"] != int64(len(c.content)) || fmt.Sprint(result["keys"]) != fmt.Sprint(c.keys) {
					t.Errorf("format %v, length %v, keys %v", result["content_format"], result["length"], result["keys"])
				}
			}
			w.requests(map[string]int{getBundle: 1, getByName: 1})
		})
	}
}

func TestBundleFields(t *testing.T) {
	w := newWorld(t)
	created := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	expiry := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	id := w.secret("db", "one", ociemu.WithVersionName("first"), ociemu.WithTimeCreated(created),
		ociemu.WithRules(ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: expiry}))
	want := map[string]any{
		"id": id, "secret_id": id, "name": nil, "vault_id": nil, "stage": nil, "version_number": int64(1), "version_name": "first",
		"pin": id + "@1", "stages": []any{"CURRENT", "LATEST"}, "time_created": "2025-03-04T05:06:07Z", "time_of_deletion": nil,
		"time_of_expiry": "2099-01-01T00:00:00Z", "content_type": "BASE64", "content_format": "text", "length": int64(3), "keys": []any{},
	}
	if got := w.must("ocibao_secret_bundle", attributes{"secret_id": id}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	want["name"], want["vault_id"] = "db", w.vault
	if got := w.must("ocibao_secret_bundle", attributes{"name": "db", "vault_id": w.vault}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestBundleSelectors(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "1", ociemu.WithVersionName("first"))
	must(w.AddVersion(id, []byte("22"), ociemu.WithVersionName("second")))(t)
	must(w.AddVersion(id, []byte("333")))(t)
	must(w.AddPendingVersion(id, []byte("4444"), ociemu.WithVersionName("next")))(t)
	for _, c := range []struct {
		selector attributes
		number   int64
		name     any
		stages   string
	}{
		{attributes{}, 3, nil, "[CURRENT]"},
		{attributes{"stage": "CURRENT"}, 3, nil, "[CURRENT]"},
		{attributes{"stage": "LATEST"}, 4, "next", "[PENDING LATEST]"},
		{attributes{"stage": "PENDING"}, 4, "next", "[PENDING LATEST]"},
		{attributes{"stage": "PREVIOUS"}, 2, "second", "[PREVIOUS]"},
		{attributes{"version_number": 1}, 1, "first", "[DEPRECATED]"},
		{attributes{"version_name": "second"}, 2, "second", "[PREVIOUS]"},
	} {
		for _, named := range []attributes{{"secret_id": id}, {"name": "db", "vault_id": w.vault}} {
			t.Run(fmt.Sprint(c.selector, len(named)), func(t *testing.T) {
				w.t = t
				for name, value := range c.selector {
					named[name] = value
				}
				result := w.must("ocibao_secret_bundle", named)
				if result["version_number"] != c.number || result["version_name"] != c.name || fmt.Sprint(result["stages"]) != c.stages ||
					result["length"] != c.number || result["pin"] != fmt.Sprintf("%s@%d", id, c.number) || result["stage"] != c.selector["stage"] {
					t.Errorf("got %v", result)
				}
			})
		}
	}
}

func TestBundleRefusals(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		prepare   func(w *world, id string) error
		selector  attributes
		byID      string // attribute of the error
		parts     []string
		byName    string
		nameParts []string
	}{
		"no such secret": {func(w *world, id string) error { return w.Delete(id) }, nil,
			"secret_id", []string{"404", "Check the OCID and the region", "read secret-bundles in compartment"},
			"name", []string{"404", "upper and lower case", "read secret-bundles in compartment"}},
		"no right": {func(w *world, id string) error { w.Deny(id, ociemu.ReadBundle); return nil }, nil,
			"secret_id", []string{"right to read its content is probably missing", "read secret-bundles in compartment"},
			"name", []string{"read secret-bundles in compartment"}},
		"no right, version": {func(w *world, id string) error { w.Deny(id, ociemu.ReadBundle); return nil }, attributes{"version_number": 1},
			"secret_id", []string{"version 1 exists", "read secret-bundles in compartment"},
			"version_number", []string{"whether the secret is missing, the version that version_number selects, or the right"}},
		"no such version": {nil, attributes{"version_number": 9},
			"version_number", []string{"the secret has no version 9; its current version is 2", "read secret-bundles"},
			"version_number", []string{"whether the secret is missing, the version that version_number selects, or the right"}},
		"no such version name": {nil, attributes{"version_name": "nine"},
			"version_name", []string{`the secret has no version name "nine"`},
			"version_name", []string{"the version that version_name selects"}},
		"no such stage": {nil, attributes{"stage": "PENDING"},
			"stage", []string{"the secret has no version in stage PENDING"},
			"stage", []string{"the version that stage selects"}},
		"pending deletion": {func(w *world, id string) error { return w.ScheduleDeletion(id, soon) }, nil,
			"secret_id", []string{"PENDING_DELETION, at " + soon.UTC().Format("2006-01-02"), "Cancel the deletion"},
			"", []string{"409", "secret_id in place of name"}},
		"version pending deletion": {func(w *world, id string) error { return w.ScheduleVersionDeletion(id, 1, soon) }, attributes{"version_number": 1},
			"secret_id", []string{"version 1 is scheduled for deletion", "Cancel the deletion"},
			"", []string{"409", "lifecycle_state"}},
		"blocked": {func(w *world, id string) error { return w.BlockRetrieval(id) }, nil,
			"secret_id", []string{"expiry rule blocks retrieval", "Create a new version"},
			"", []string{"409", "expiry rule may block"}},
		"not BASE64": {func(w *world, id string) error { return w.SetRawContent(id, 2, "not base64!") }, nil,
			"secret_id", []string{"not valid BASE64", "Store the secret in OCI again"},
			"name", []string{"not valid BASE64", "Store the secret in OCI again"}},
		"no content": {func(w *world, id string) error { return w.NilContent(id, 2) }, nil,
			"", []string{"it has no content"}, "", []string{"it has no content"}},
		"not authenticated": {func(w *world, _ string) error {
			w.AddFault(ociemu.Fault{Status: 401})
			return nil
		}, nil, "", []string{"401", "API key"}, "", []string{"401", "API key"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.secret("db", "one")
			must(w.AddVersion(id, []byte("two")))(t)
			if c.prepare != nil {
				ok(t, c.prepare(w, id))
			}
			byID, byName := attributes{"secret_id": id}, attributes{"name": "db", "vault_id": w.vault}
			for name, value := range c.selector {
				byID[name], byName[name] = value, value
			}
			w.refuses("ocibao_secret_bundle", byID, c.byID, append(c.parts, "Unable to read secret "+id)...)
			w.refuses("ocibao_secret_bundle", byName, c.byName, append(c.nameParts, "Unable to read secret db")...)
		})
	}
}
