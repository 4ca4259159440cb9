package source_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// canary is a value that must come out nowhere.
const canary = "CANARY-4f1d77c2-do-not-show"

// TestPromiseNoLeak_NoAttributeHoldsContent pins what is told of a bundle: a new
// attribute must be looked at before it is added here.
func TestPromiseNoLeak_NoAttributeHoldsContent(t *testing.T) {
	w := newWorld(t)
	var names []string
	for _, attribute := range w.schemas["ocibao_secret_bundle"].Block.Attributes {
		names = append(names, attribute.Name)
	}
	slices.Sort(names)
	if want := "content_format content_type id keys length name pin secret_id stage stages time_created time_of_deletion time_of_expiry vault_id version_name version_number"; strings.Join(names, " ") != want {
		t.Errorf("the bundle has the attributes\n%s, want\n%s", strings.Join(names, " "), want)
	}
}

// TestPromiseNoLeak_CanaryComesOutNowhere reads contents of all kinds, well and
// badly formed, and looks for them in results, diagnostics and the logs at TRACE.
func TestPromiseNoLeak_CanaryComesOutNowhere(t *testing.T) {
	w := newWorld(t)
	contents := map[string]string{
		"text":     canary,
		"object":   `{"password":"` + canary + `","nested":{"` + canary + `":1}}`,
		"repeated": `{"a":"` + canary + `","a":"` + canary + `"}`,
		"broken":   `{"a":"` + canary + `"`,
		"array":    `["` + canary + `"]`,
		"binary":   canary + "\x00\xff",
	}
	forbidden := []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:32]}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		content := []byte(contents[name])
		forbidden = append(forbidden, base64.StdEncoding.EncodeToString(content))
		sha, old, oldest := sha256.Sum256(content), sha1.Sum(content), md5.Sum(content)
		for _, digest := range [][]byte{sha[:], old[:], oldest[:]} {
			forbidden = append(forbidden, hex.EncodeToString(digest), base64.StdEncoding.EncodeToString(digest))
		}
		id := w.secret(name, string(content))
		for _, config := range []attributes{
			{"secret_id": id}, {"secret_id": id, "version_number": 1}, {"secret_id": id, "version_number": 2},
			{"name": name, "vault_id": w.vault}, {"name": name, "vault_id": w.vault, "stage": "PENDING"},
		} {
			w.read("ocibao_secret_bundle", config)
		}
		w.read("ocibao_secret", attributes{"secret_id": id})
		w.read("ocibao_secret", attributes{"name": name, "vault_id": w.vault, "compartment_id": w.compartment})
		ok(t, w.SetRawContent(id, 1, canary))
		w.read("ocibao_secret_bundle", attributes{"secret_id": id})
		w.read("ocibao_secret_bundle", attributes{"name": name, "vault_id": w.vault})
	}
	w.read("ocibao_secrets", attributes{"compartment_id": w.compartment})
	for where, text := range map[string]string{"results": w.everything.String(), "logs": w.logs.String()} {
		if len(text) < 1000 {
			t.Errorf("the %s are too short to have been recorded: %q", where, text)
		}
		for _, each := range forbidden {
			if strings.Contains(strings.ToLower(text), strings.ToLower(each)) {
				t.Errorf("the %s show %q", where, each)
			}
		}
	}
	if !strings.Contains(w.logs.String(), `"@level":"trace"`) {
		t.Error("the logs are not those at TRACE")
	}
	if shown := w.everything.String(); !strings.Contains(shown, `"content_format":"json"`) || !strings.Contains(shown, "not valid BASE64") {
		t.Error("the reads did not get as far as the content")
	}
}

// TestPromiseReadOnlySource_OnlyReads names every call that the data sources make.
func TestPromiseReadOnlySource_OnlyReads(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	w.must("ocibao_secrets", attributes{"compartment_id": w.home, "compartment_id_in_subtree": true})
	w.must("ocibao_secret", attributes{"name": "db", "vault_id": w.vault, "compartment_id": w.compartment})
	w.must("ocibao_secret_bundle", attributes{"secret_id": id})
	w.must("ocibao_secret_bundle", attributes{"name": "db", "vault_id": w.vault})
	calls := map[string]bool{}
	for _, request := range w.Requests() {
		calls[request.Call] = true
	}
	want := []string{listCompartments, getBundle, getByName, getSecret, listSecrets, listVersions}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(calls)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("calls are %v, want %v", got, want)
	}
}
