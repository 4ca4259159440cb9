package migrate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

const canary = "canary-5up3r-s3cr3t"

func TestPromiseNoLeak_SecretRedactsEverywhere(t *testing.T) {
	secret := migrate.NewSecret([]byte(canary))
	holder := struct {
		Name  string
		Value migrate.Secret
		List  []migrate.Secret
		Point *migrate.Secret
	}{"name", secret, []migrate.Secret{secret}, &secret}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("message", "value", secret, "holder", holder)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("message", "value", secret, "holder", holder)
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	keyed, err := json.Marshal(map[string]any{"a": secret})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{logged.String(), string(encoded), string(keyed), fmt.Errorf("wrapped %v", secret).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v", "%10.3s"} {
		texts = append(texts, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, &holder))
	}
	for _, text := range texts {
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary))} {
			if strings.Contains(text, form) {
				t.Errorf("leaks as %q", text)
			}
		}
	}
	if string(secret.Reveal()) != canary || secret.Len() != len(canary) {
		t.Error("Reveal does not give the bytes")
	}
}

func TestParsePin(t *testing.T) {
	const id = "ocid1.vaultsecret.oc1.eu-frankfurt-1.amaaaaaa"
	pin, err := migrate.ParsePin(id + "@12")
	if err != nil || pin != (migrate.Pin{SecretID: id, VersionNumber: 12}) || pin.String() != id+"@12" {
		t.Errorf("got %v, %v", pin, err)
	}
	for text, want := range map[string]string{
		id:                                  "want <secret OCID>@<version number>",
		id + "@":                            "1 or greater",
		id + "@0":                           "1 or greater",
		id + "@-1":                          "1 or greater",
		id + "@01":                          "1 or greater",
		id + "@1.5":                         "1 or greater",
		id + "@CURRENT":                     "1 or greater",
		id + "@99999999999999999999":        "1 or greater",
		"ocid1.vault.oc1..x@1":              "OCID of a vault, not of a secret",
		"cloud_provider_a@1":                "no secret OCID",
		"@1":                                "empty",
		" " + id + "@1":                     "white space",
		"ocid1.vaultsecret.oc1..a/../b@1":   "no OCID has",
		"ocid1.vaultsecret.oc1..a\n@1":      "white space",
		"ocid1.compartment.oc1..aaaaaaaa@2": "OCID of a compartment",
	} {
		if _, err := migrate.ParsePin(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
