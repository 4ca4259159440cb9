package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// contents are what secrets hold in real vaults, with the fields they become,
// and those on KV v2 where that would alter them otherwise.
var contents = map[string]struct {
	content, fields, fieldsKV2 string
}{
	"object":         {acctest.GuideSecretA, strings.ReplaceAll(acctest.GuideSecretA, " ", ""), ""},
	"nested":         {`{"db":{"user":"u","ports":[1,2,{"x":null}]},"on":true}`, `{"db":{"ports":[1,2,{"x":null}],"user":"u"},"on":true}`, ""},
	"large-number":   {`{"id":12345678901234567890}`, `{"id":12345678901234567890}`, textField(`{"id":12345678901234567890}`)},
	"numbers":        {`{"f":1.10,"e":1E300,"i":9007199254740992}`, `{"e":1E300,"f":1.10,"i":9007199254740992}`, `{"e":1e+300,"f":1.1,"i":9007199254740992}`},
	"text":           {"line \"one\"\r\n\tline 'two' \\ <&>\n", textField("line \"one\"\r\n\tline 'two' \\ <&>\n"), ""},
	"utf-8":          {"pässwörd ☃ 𝄞 \u2028 e\u0301", textField("pässwörd ☃ 𝄞 \u2028 e\u0301"), ""},
	"utf-8-object":   {`{"ключ":"значение","emoji":"\ud83d\ude00"}`, `{"emoji":"😀","ключ":"значение"}`, ""},
	"empty":          {"", textField(""), ""},
	"binary":         {"\x00\xff\xfe\x80PK\x03\x04", textField(base64.StdEncoding.EncodeToString([]byte("\x00\xff\xfe\x80PK\x03\x04"))), ""},
	"25-kb":          {strings.Repeat("0123456789abcdef", 1600), textField(strings.Repeat("0123456789abcdef", 1600)), ""},
	"repeated":       {`{"a":1,"a":2}`, textField(`{"a":1,"a":2}`), ""},
	"array":          {`["a"]`, textField(`["a"]`), ""},
	"pem":            {"-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n", textField("-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n"), ""},
	"odd-names":      {`{"":"empty","a b":1,"path":"p","ttl":"1h","data":{"data":1},"options":{"cas":7}}`, `{"":"empty","a b":1,"data":{"data":1},"options":{"cas":7},"path":"p","ttl":"1h"}`, ""},
	"null-and-false": {`{"a":null,"b":false,"c":0,"d":""}`, `{"a":null,"b":false,"c":0,"d":""}`, ""},
}

func textField(text string) string {
	raw, err := json.Marshal(map[string]string{"secret": text})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Every kind of content arrives as it is, on both engines, and a second plan
// finds nothing to do in either mode.
func TestContents(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		for _, detection := range []string{"version", "content"} {
			if version == "1" && detection == "version" {
				continue // KV v1 has no versions.
			}
			t.Run("KV v"+version+" "+detection, func(t *testing.T) {
				h := acctest.New(t)
				h.MountKV("kv", version)
				var config strings.Builder
				var names []string
				for name := range contents {
					names = append(names, name)
				}
				sort.Strings(names)
				for _, name := range names {
					fmt.Fprintf(&config, "\nresource \"ocibao_migrated_secret\" %q {\n  secret_id = %q\n  mount = \"kv\"\n  name = %q\n  drift_detection = %q\n}\n",
						"s-"+name, h.Secret(name, contents[name].content), "contents/"+name, detection)
				}
				h.Configure(config.String())
				h.Apply()
				for _, name := range names {
					got, want := h.KV1("kv", "contents/"+name), contents[name].fields
					if version == "2" {
						got = h.KV2("kv", "contents/"+name)
						if rounded := contents[name].fieldsKV2; rounded != "" {
							want = rounded
						}
					}
					if !sameJSON(t, got, want) {
						t.Errorf("%s: stored %s, want %s", name, got, want)
					}
				}
				h.Plan(0)
			})
		}
	}
}

// sameJSON compares with numbers as they are written.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	normal := func(text string) string {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Errorf("%q: %v", text, err)
			return text
		}
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	return normal(a) == normal(b)
}

func TestContents_Refused(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	h.MountKV("old", "1")
	repeated := h.Secret("repeated", `{"a":{"b":1,"b":2}}`)
	array := h.Secret("array", `["a"]`)
	binary := h.Secret("binary", "\xff\xfe")
	raw := h.Secret("raw", "x")
	if err := h.OCI.SetRawContent(raw, 1, "this is not base64!"); err != nil {
		t.Fatal(err)
	}
	none := h.Secret("none", "x")
	if err := h.OCI.NilContent(none, 1); err != nil {
		t.Fatal(err)
	}
	empty := h.Secret("empty-object", "{}")
	many := h.Secret("many", manyFields(600))
	for name, test := range map[string]struct {
		id, mount, extra string
		want             []string
	}{
		"repeated member":    {repeated, "kv", `format = "json"`, []string{`the member "b" occurs twice`, `format = "auto"`, "format ="}},
		"no object":          {array, "kv", `format = "json"`, []string{"not an object"}},
		"binary as text":     {binary, "kv", `format = "text"`, []string{"not valid UTF-8"}},
		"not base64":         {raw, "kv", ``, []string{"not valid BASE64", "Store the secret in OCI again"}},
		"no content":         {none, "kv", ``, []string{"no content"}},
		"empty object on v1": {empty, "old", `format = "json"`, []string{"KV v1 takes no entry without fields"}},
		"version mode on v1": {array, "old", `drift_detection = "version"`, []string{"KV v1 has no versions", "drift_detection = \"version\""}},
		"soft delete on v1":  {array, "old", `on_destroy = "soft_delete"`, []string{"KV v1 knows no soft deletion", "on_destroy = \"soft_delete\""}},
		"large number":       {h.Secret("large", `{"n":12345678901234567890}`), "kv", `format = "json"`, []string{"KV v2 would give it out rounded"}},
		"out of range":       {h.Secret("range", `{"n":1E400}`), "kv", `format = "json"`, []string{"beyond the range of a 64-bit float"}},
		"too many fields":    {many, "kv", ``, []string{`format = "text"`}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Configure(fmt.Sprintf("resource \"ocibao_migrated_secret\" \"x\" {\n  secret_id = %q\n  mount = %q\n  name = \"refused\"\n%s\n}\n", test.id, test.mount, test.extra))
			h.ApplyFails(append(test.want, "Unable to migrate secret "+test.id)...)
			if h.KV2("kv", "refused") != "" || h.KV1("old", "refused") != "" {
				t.Error("something was stored")
			}
		})
	}
}

// What KV v1 cannot do is said by the plan: for a new secret, for one that is there and
// for many.
func TestMisfitsOnKV1ArePlanned(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("old", "1")
	id := h.Secret("a", "text")
	one := func(extra string) string {
		return fmt.Sprintf("resource \"ocibao_migrated_secret\" \"x\" {\n  secret_id = %q\n  mount = \"old\"\n  name = \"a\"\n%s\n}\n", id, extra)
	}
	misfits := map[string][]string{
		`on_destroy = "soft_delete"`:      {"KV v1 knows no soft deletion", `Use on_destroy = "retain" or "destroy"`, `on_destroy = "soft_delete"`},
		`drift_detection = "version"`:     {"KV v1 has no versions", "Leave drift_detection out", `drift_detection = "version"`},
		`delete_version_at_expiry = true`: {"KV v1 deletes nothing by itself", "or use a KV v2 mount", `delete_version_at_expiry = true`},
	}
	refused := func() {
		t.Helper()
		for extra, want := range misfits {
			h.Configure(one(extra))
			h.Contains(h.Plan(1), append(want, "Unable to migrate secret "+id+" to old/a")...)
		}
	}
	refused()
	h.Configure(one(""))
	h.Apply()
	refused()
	for extra, want := range misfits {
		h.Configure(fmt.Sprintf("resource \"ocibao_migration\" \"x\" {\n  mount = \"old\"\n  secrets = { b = \"%s@1\" }\n%s\n}\n", id, extra))
		h.Contains(h.Plan(1), append(want, "Unable to migrate secrets to old")...)
	}
	// The plan itself makes a KV v2 mount of it.
	h.Configure("resource \"ocibao_kv_mount\" \"x\" {\n  path = \"older\"\n  version = 1\n}\n")
	h.Apply()
	h.Configure("resource \"ocibao_kv_mount\" \"x\" {\n  path = \"older\"\n}\n" + strings.Replace(one(`on_destroy = "soft_delete"`), `"old"`, "ocibao_kv_mount.x.path", 1))
	h.Apply()
	h.Plan(0)
}

func manyFields(n int) string {
	fields := map[string]string{}
	for i := range n {
		fields[fmt.Sprintf("field-%d", i)] = fmt.Sprintf("value-%d", i)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
