package migrate_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// odd are contents at the edges of the formats.
var odd = []string{
	"", " ", "{}", "[]", "null", `""`, "0", `{"a":1}`, `{"a":1,"a":2}`, `{"a":{"b":[1,{"c":null}]}}`,
	`{"n":12345678901234567890}`, `{"n":1.10}`, `{"n":-0}`, `{"n":1E400}`, `{"n":1e-400}`, `{"n":5e-324}`,
	`{"s":"\ud800"}`, `{"s":"\ud83d\ude00"}`, `{"s":"<&>\u2028"}`, "{\"s\":\"\xff\"}", "\x00\x01\xff\xfe",
	"\ufeff{}", `{"a":1} {"b":2}`, `{"a":1}x`, "text", `{"":""}`, strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600),
}

// Whatever is stored comes back as the content that it was made of, also through
// an engine that keeps numbers as 64-bit floats.
func FuzzEncode(f *testing.F) {
	for _, content := range odd {
		f.Add([]byte(content), "secret")
	}
	f.Fuzz(func(t *testing.T, content []byte, key string) {
		if !utf8.ValidString(key) {
			return // it cannot come out of a configuration
		}
		for _, engine := range []migrate.Engine{migrate.KV1, migrate.KV2} {
			for _, format := range migrate.Formats {
				encoded, err := migrate.Encode(migrate.NewSecret(content), format, key, engine)
				if err != nil {
					if format == migrate.FormatAuto && key != "" {
						t.Errorf("auto on engine %v: %v", engine, err)
					}
					continue
				}
				comesBack(t, encoded, content, key, engine)
			}
		}
		migrate.DetectFormat(migrate.NewSecret(content))
	})
}

func comesBack(t *testing.T, encoded migrate.Encoded, content []byte, key string, engine migrate.Engine) {
	t.Helper()
	raw := encoded.Fields.Reveal()
	if !slices.Equal(migrate.FieldNames(encoded.Fields), encoded.Keys) {
		t.Errorf("the fields are %q, the keys %q", raw, encoded.Keys)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatalf("%q is stored: %v", raw, err)
	}
	switch encoded.Format {
	case migrate.FormatJSON:
		given, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if engine == migrate.KV2 && !migrate.SameFields(migrate.NewSecret(given), migrate.NewSecret(content)) {
			t.Errorf("%q comes back as %q", content, given)
		}
		if !migrate.SameFields(encoded.Fields, migrate.NewSecret(content)) {
			t.Errorf("%q is stored as %q", content, raw)
		}
	case migrate.FormatText:
		if fields[key] != string(content) {
			t.Errorf("%q is stored as %q", content, raw)
		}
	case migrate.FormatBinary:
		for _, text := range fields {
			decoded, err := base64.StdEncoding.DecodeString(text.(string))
			if err != nil || string(decoded) != string(content) {
				t.Errorf("%q is stored as %q", content, raw)
			}
		}
	default:
		t.Errorf("encoded as %q", encoded.Format)
	}
}

// An error about content tells at most the name of a repeated member.
func FuzzEncode_ErrorsQuoteNoValue(f *testing.F) {
	f.Add("hunter2-canary", `{"a":"%","a":1}`)
	f.Add("hunter2-canary", `{"a":"%"`)
	f.Add("hunter2-canary", `{"a":%}`)
	f.Add("hunter2-canary", `%`)
	f.Add("hunter2-canary", `["%"]`)
	f.Add("hunter2-canary", `{"a":"%\ud800"}`)
	f.Fuzz(func(t *testing.T, value, form string) {
		// Only values that no message holds by chance.
		const long = 12
		if len(value) < long || strings.Trim(value, "0123456789") == "" {
			return
		}
		content := strings.Replace(form, "%", value, 1)
		_, err := migrate.Encode(migrate.NewSecret([]byte(content)), migrate.FormatJSON, "secret", migrate.KV2)
		if err != nil && strings.Contains(err.Error(), value) && !strings.Contains(err.Error(), "occurs twice") {
			t.Errorf("%q: %v", content, err)
		}
	})
}

// Comparing is symmetric, and an object equals itself.
func FuzzSameFields(f *testing.F) {
	for _, content := range odd {
		f.Add([]byte(content), []byte(`{"a":1.0}`))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		left, right := migrate.NewSecret(a), migrate.NewSecret(b)
		if migrate.SameFields(left, right) != migrate.SameFields(right, left) {
			t.Errorf("%q and %q: the order makes a difference", a, b)
		}
		if isObject := migrate.FieldNames(left) != nil; isObject && !migrate.SameFields(left, left) {
			t.Errorf("%q differs from itself", a)
		}
	})
}

// A pin that is accepted is written one way only.
func FuzzParsePin(f *testing.F) {
	for _, text := range []string{
		"", "@", "ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa@3", "ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa@03",
		"ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa@+3", "ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa@0",
		"ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa@9223372036854775808", "ocid1.vaultsecret.a@1@2", "ocid1.vault.oc1..a@1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pin, err := migrate.ParsePin(text)
		if err != nil {
			return
		}
		if pin.String() != text || pin.VersionNumber < 1 || migrate.ValidateSecretID(pin.SecretID) != nil {
			t.Errorf("%q is taken for %+v", text, pin)
		}
	})
}
