package ociemu_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/identity"
	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

var timeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// TestShapes compares what is sent with the SDK's models, field by field: a field
// that the model does not have would be lost unnoticed.
func TestShapes(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("full", "content",
		ociemu.WithDescription("text"), ociemu.WithVersionName("first"), ociemu.WithMetadata(map[string]any{"a": "b"}),
		ociemu.WithFreeformTags(map[string]string{"c": "d"}),
		ociemu.WithDefinedTags(map[string]map[string]any{"n": {"k": "v"}}),
		ociemu.WithRules(
			ociemu.Rule{Type: ociemu.ExpiryRule, VersionExpiryInterval: "P30D", AbsoluteExpiry: time.Now().AddDate(1, 0, 0)},
			ociemu.Rule{Type: ociemu.ReuseRule, EnforceOnDeletedVersions: true},
		))
	must(w.AddVersion(id, []byte("next"), ociemu.WithVersionName("second")))
	if err := w.SetRotation(id, &ociemu.RotationConfig{Interval: "P30D", Scheduled: true, LastTime: time.Now(), NextTime: time.Now().AddDate(0, 0, 30)}); err != nil {
		t.Fatal(err)
	}
	if err := w.ScheduleVersionDeletion(id, 1, time.Now().AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, target string
		model          any
	}{
		{"GET", "/20160918/compartments?compartmentId=" + w.tenancy, identity.Compartment{}},
		{"GET", "/20160918/regions", identity.Region{}},
		{"GET", "/20180608/vaults?compartmentId=" + w.compartment, keymanagement.VaultSummary{}},
		{"GET", "/20180608/secrets?compartmentId=" + w.compartment, ocisdk.SecretSummary{}},
		{"GET", "/20180608/secrets/" + id, ocisdk.Secret{}},
		{"GET", "/20180608/secrets/" + id + "/versions", ocisdk.SecretVersionSummary{}},
		{"GET", "/20180608/secrets/" + id + "/version/1", ocisdk.SecretVersion{}},
		{"GET", "/20190301/secretbundles/" + id, secrets.SecretBundle{}},
		{"POST", "/20190301/secretbundles/actions/getByName?secretName=full&vaultId=" + w.vault, secrets.SecretBundle{}},
		{"GET", "/20190301/secretbundles/" + id + "/versions", secrets.SecretBundleVersionSummary{}},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			response := w.signed(t, c.method, c.target)
			if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
				t.Fatalf("status %d, type %q", response.StatusCode, response.Header.Get("Content-Type"))
			}
			var body any
			if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			if list, isList := body.([]any); isList {
				if len(list) == 0 {
					t.Fatal("the list is empty")
				}
				body = list[0]
			}
			checkFields(t, body.(map[string]any), reflect.TypeOf(c.model))
		})
	}
}

func checkFields(t *testing.T, fields map[string]any, model reflect.Type) {
	t.Helper()
	known := map[string]bool{}
	for i := range model.NumField() {
		field := model.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known[name] = true
		if field.Tag.Get("mandatory") == "true" && fields[name] == nil {
			t.Errorf("%s is mandatory and missing", name)
		}
	}
	if config, has := fields["rotationConfig"].(map[string]any); has {
		checkFields(t, config, reflect.TypeFor[ocisdk.RotationConfig]())
	}
	for name, value := range fields {
		if !known[name] {
			t.Errorf("%s has no field %s", model, name)
		}
		if text, isText := value.(string); isText && (strings.HasPrefix(name, "time") || strings.HasSuffix(name, "Time")) && !timeShape.MatchString(text) {
			t.Errorf("%s is %q, want RFC 3339 with milliseconds", name, text)
		}
	}
}

func TestOCIDShapes(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	for kind, c := range map[string]struct{ id, pattern string }{
		"secret":      {id, `^ocid1\.vaultsecret\.oc1\.eu-frankfurt-1\.[a-z0-9]{60}$`},
		"vault":       {w.vault, `^ocid1\.vault\.oc1\.eu-frankfurt-1\.[a-z0-9]{13}\.[a-z0-9]{60}$`},
		"compartment": {w.compartment, `^ocid1\.compartment\.oc1\.\.[a-z0-9]{60}$`},
		"tenancy":     {w.tenancy, `^ocid1\.tenancy\.oc1\.\.[a-z0-9]{60}$`},
		"user":        {w.user, `^ocid1\.user\.oc1\.\.[a-z0-9]{60}$`},
	} {
		if !regexp.MustCompile(c.pattern).MatchString(c.id) {
			t.Errorf("%s: %q", kind, c.id)
		}
	}
	again := newWorld(t)
	if got := again.addSecret("a", "x"); got != id {
		t.Errorf("filled alike, two emulators give %s and %s", id, got)
	}
}
