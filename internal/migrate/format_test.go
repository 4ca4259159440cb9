package migrate_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestEncode(t *testing.T) {
	text := func(s string) string {
		raw, err := json.Marshal(map[string]string{"secret": s})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, test := range map[string]struct {
		content string
		format  migrate.Format
		fields  string
		keys    []string
		kind    migrate.Format
		err     string
		engine  migrate.Engine // KV v2 when not set
	}{
		"object":                      {`{ "a": "x", "b": 1 }`, "auto", `{"a":"x","b":1}`, []string{"a", "b"}, "json", "", 0},
		"nested stays nested":         {`{"a":{"b":[1,{"c":null}]}}`, "json", `{"a":{"b":[1,{"c":null}]}}`, []string{"a"}, "json", "", 0},
		"large number on KV v1":       {`{"n":123456789012345678901234567890.10,"e":1E30}`, "json", `{"n":123456789012345678901234567890.10,"e":1E30}`, []string{"e", "n"}, "json", "", migrate.KV1},
		"large number on KV v2":       {`{"a":[{"n":12345678901234567890}]}`, "json", "", nil, "", "more digits than a 64-bit float keeps", 0},
		"auto large number on KV v2":  {`{"n":12345678901234567890}`, "auto", text(`{"n":12345678901234567890}`), []string{"secret"}, "text", "", 0},
		"auto large number on KV v1":  {`{"n":12345678901234567890}`, "auto", `{"n":12345678901234567890}`, []string{"n"}, "json", "", migrate.KV1},
		"exact numbers on KV v2":      {`{"n":9007199254740992,"f":1.10,"e":1E300,"z":-0.0,"t":0.1}`, "json", `{"n":9007199254740992,"f":1.1,"e":1e+300,"z":0,"t":0.1}`, []string{"e", "f", "n", "t", "z"}, "json", "", 0},
		"json number out of range":    {`{"n":[1E400]}`, "json", "", nil, "", "beyond the range", 0},
		"auto number out of range":    {`{"n":1E400}`, "auto", text(`{"n":1E400}`), []string{"secret"}, "text", "", 0},
		"auto text":                   {"line one\nline \"two\"\t<&>", "auto", text("line one\nline \"two\"\t<&>"), []string{"secret"}, "text", "", 0},
		"auto UTF-8":                  {"pässwörd ☃ 𝄞", "auto", text("pässwörd ☃ 𝄞"), []string{"secret"}, "text", "", 0},
		"auto empty":                  {"", "auto", text(""), []string{"secret"}, "text", "", 0},
		"auto array is text":          {`["a"]`, "auto", text(`["a"]`), []string{"secret"}, "text", "", 0},
		"auto number is text":         {`42`, "auto", text(`42`), []string{"secret"}, "text", "", 0},
		"auto empty object is text":   {`{}`, "auto", text(`{}`), []string{"secret"}, "text", "", 0},
		"auto repeated is text":       {`{"a":1,"a":2}`, "auto", text(`{"a":1,"a":2}`), []string{"secret"}, "text", "", 0},
		"auto lone surrogate is text": {`{"a":"\ud800"}`, "auto", text(`{"a":"\ud800"}`), []string{"secret"}, "text", "", 0},
		"auto binary":                 {"\xff\xfe\x00", "auto", text(base64.StdEncoding.EncodeToString([]byte("\xff\xfe\x00"))), []string{"secret"}, "binary", "", 0},
		"auto broken UTF-8 in JSON":   {"{\"a\":\"\xff\"}", "auto", text(base64.StdEncoding.EncodeToString([]byte("{\"a\":\"\xff\"}"))), []string{"secret"}, "binary", "", 0},
		"text of an object":           {`{"a":1}`, "text", text(`{"a":1}`), []string{"secret"}, "text", "", 0},
		"binary of text":              {"hi", "binary", text("aGk="), []string{"secret"}, "binary", "", 0},
		"surrogate pair":              {`{"a":"\uD834\uDD1E","b\\":"\\ud800"}`, "json", `{"a":"𝄞","b\\":"\\ud800"}`, []string{"a", `b\`}, "json", "", 0},
		"json of text":                {"hello", "json", "", nil, "", "not valid JSON (near byte 1)", 0},
		"json of array":               {`[1]`, "json", "", nil, "", "not an object", 0},
		"json of null":                {`null`, "json", "", nil, "", "not an object", 0},
		"json of empty":               {"", "json", "", nil, "", "not valid JSON", 0},
		"json repeated":               {`{"a":1,"b":2,"a":3}`, "json", "", nil, "", `"a" occurs twice`, 0},
		"json repeated by escape":     {`{"a":1,"\u0061":3}`, "json", "", nil, "", `"a" occurs twice`, 0},
		"json repeated deep":          {`{"x":[{"a":1,"a":3}]}`, "json", "", nil, "", `"a" occurs twice`, 0},
		"json trailing":               {`{"a":1} {"b":2}`, "json", "", nil, "", "not valid JSON", 0},
		"json half pair":              {`{"a":"x\uDC00"}`, "json", "", nil, "", "half a surrogate pair", 0},
		"json half pair then escape":  {`{"a":"\uD834\n"}`, "json", "", nil, "", "half a surrogate pair", 0},
		"text not UTF-8":              {"\xff", "text", "", nil, "", "not valid UTF-8", 0},
		"unknown format":              {"x", "yaml", "", nil, "", "none of auto, json, text, binary", 0},
		"25 KB":                       {strings.Repeat("x", 25600), "auto", text(strings.Repeat("x", 25600)), []string{"secret"}, "text", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if test.engine == 0 {
				test.engine = migrate.KV2
			}
			got, err := migrate.Encode(migrate.NewSecret([]byte(test.content)), test.format, migrate.DefaultKey, test.engine)
			if test.err != "" {
				if err == nil || !errors.Is(err, migrate.ErrFormat) || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !migrate.SameFields(got.Fields, migrate.NewSecret([]byte(test.fields))) {
				t.Errorf("fields are %s, want %s", got.Fields.Reveal(), test.fields)
			}
			if !slices.Equal(got.Keys, test.keys) || got.Format != test.kind {
				t.Errorf("got keys %q and format %q", got.Keys, got.Format)
			}
			if names := migrate.FieldNames(got.Fields); !slices.Equal(names, test.keys) {
				t.Errorf("FieldNames gives %q", names)
			}
		})
	}
}

func TestEncode_ErrorsQuoteNoContent(t *testing.T) {
	for _, content := range []string{canary, `{"a":"` + canary, `["` + canary + `"]`, `{"a":"` + canary + `","a":1}`, "\xff" + canary, `{"a": ` + canary + `}`} {
		for _, format := range migrate.Formats {
			_, err := migrate.Encode(migrate.NewSecret([]byte(content)), format, "", migrate.KV2)
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
}

func TestEncode_EmptyKey(t *testing.T) {
	if _, err := migrate.Encode(migrate.NewSecret([]byte("x")), migrate.FormatText, "", migrate.KV1); !errors.Is(err, migrate.ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func TestSameFields(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":2}`, `{ "b":2, "a":1 }`, true},
		{`{"a":1.0}`, `{"a":1}`, true},
		{`{"a":1.50e1}`, `{"a":15}`, true},
		{`{"a":-1}`, `{"a":1}`, false},
		{`{"a":1e99999999999}`, `{"a":1e99999999998}`, false},
		{`{"a":"1"}`, `{"a":1}`, false},
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		{`{"a":"\u0041"}`, `{"a":"A"}`, true},
		{`{"a":null}`, `{}`, false},
		{`{}`, `{}`, true},
		{``, `{}`, false},
		{`{}{}`, `{}`, false},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
	} {
		if got := migrate.SameFields(migrate.NewSecret([]byte(test.a)), migrate.NewSecret([]byte(test.b))); got != test.same {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}
