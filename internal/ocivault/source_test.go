package ocivault

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDescribe(t *testing.T) {
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, secretJSON("PENDING_DELETION", map[string]any{
			"keyId": "K", "description": "D", "lifecycleDetails": "L",
			"timeOfDeletion": "2026-02-01T00:00:00.000Z", "timeOfCurrentVersionExpiry": "2026-03-01T00:00:00.000Z",
			"freeformTags": map[string]any{"team": "a"},
			"definedTags":  map[string]any{"ops": map[string]any{"n": 7, "s": "x", "b": true}},
			"metadata":     map[string]any{"k": "v", "o": map[string]any{"p": 1}},
			"rotationConfig": map[string]any{"targetSystemDetails": map[string]any{"targetSystemType": "ADB", "adbId": "ocid1.autonomousdatabase.oc1..a"},
				"rotationInterval": "P30D", "isScheduledRotationEnabled": true},
			"rotationStatus": "SCHEDULED", "lastRotationTime": "2026-01-01T00:00:00.000Z", "nextRotationTime": "2026-01-31T00:00:00.000Z",
			"secretRules": []any{
				map[string]any{"ruleType": "SECRET_EXPIRY_RULE", "secretVersionExpiryInterval": "P30D",
					"timeOfAbsoluteExpiry": "2026-04-01T00:00:00.000Z", "isSecretContentRetrievalBlockedOnExpiry": true},
				map[string]any{"ruleType": "SECRET_REUSE_RULE", "isEnforcedOnDeletedSecretVersions": true},
			},
		}))
	}, func(c *Config) { c.UserAgent = "ocibao/1.2.3" })
	got, err := client.Describe(t.Context(), testSecret)
	if err != nil {
		t.Fatal(err)
	}
	want := migrate.SourceSecret{
		ID: testSecret, Name: "db", CompartmentID: testCompartment, VaultID: testVault, KeyID: "K", Description: "D",
		LifecycleState: "PENDING_DELETION", LifecycleDetails: "L", CurrentVersionNumber: 3,
		TimeCreated: at("2025-01-01T00:00:00.123Z"), TimeOfDeletion: at("2026-02-01T00:00:00Z"), TimeOfCurrentExpiry: at("2026-03-01T00:00:00Z"),
		FreeformTags: map[string]string{"team": "a"},
		DefinedTags:  map[string]map[string]string{"ops": {"n": "7", "s": "x", "b": "true"}},
		Metadata:     map[string]string{"k": "v", "o": `{"p":1}`},
		Rotation: migrate.SourceRotation{Status: "SCHEDULED", Interval: "P30D", Scheduled: true,
			LastTime: at("2026-01-01T00:00:00Z"), NextTime: at("2026-01-31T00:00:00Z")},
		Rules: []migrate.SecretRule{
			{Type: "SECRET_EXPIRY_RULE", SecretVersionExpiryInterval: "P30D", TimeOfAbsoluteExpiry: at("2026-04-01T00:00:00Z"), RetrievalBlockedOnExpiry: true},
			{Type: "SECRET_REUSE_RULE"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	request := log.seen()[0]
	if request.URL.Path != "/20180608/secrets/"+testSecret || request.Method != http.MethodGet {
		t.Errorf("asked %s %s", request.Method, request.URL)
	}
	if agent := request.Header.Get("User-Agent"); !strings.HasPrefix(agent, "ocibao/1.2.3 Oracle-GoSDK/") {
		t.Errorf("user agent %q", agent)
	}
	if keyID := `keyId="` + testTenancy + "/" + testUser + "/" + fingerprintOf(testKey()) + `"`; !strings.Contains(request.Header.Get("Authorization"), keyID) {
		t.Errorf("not signed as %s", keyID)
	}
}

func TestAnswerAboutAnotherSecret(t *testing.T) {
	client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "secretbundles") {
			reply(w, 200, bundleJSON(1, "x", map[string]any{"secretId": "ocid1.vaultsecret.oc1..other"}))
			return
		}
		if strings.HasSuffix(r.URL.Path, "/versions") {
			reply(w, 200, []any{map[string]any{"secretId": "ocid1.vaultsecret.oc1..other", "versionNumber": 1, "timeCreated": "2025-01-01T00:00:00.123Z"}})
			return
		}
		reply(w, 200, secretJSON("ACTIVE", map[string]any{"id": "ocid1.vaultsecret.oc1..other"}))
	})
	_, err := client.Describe(t.Context(), testSecret)
	hasKinds(t, err, ErrUnexpectedAnswer)
	_, err = client.Versions(t.Context(), testSecret)
	hasKinds(t, err, ErrUnexpectedAnswer)
	bundle, err := client.Bundle(t.Context(), testSecret, migrate.Selector{})
	hasKinds(t, err, ErrUnexpectedAnswer)
	if bundle.Content.Len() != 0 {
		t.Error("the content of another secret came out")
	}
}

// The number of the current version is no required field of Oracle's.
func TestDescribe_WithoutCurrentVersionNumber(t *testing.T) {
	version := func(n int, stages ...string) map[string]any {
		return map[string]any{"secretId": testSecret, "versionNumber": n, "stages": stages}
	}
	for name, test := range map[string]struct {
		state    string
		status   int
		requests int
		want     int64
	}{
		"looked up":        {"ACTIVE", 200, 2, 2},
		"no right to list": {"ACTIVE", 404, 2, 0},
		"going away":       {"PENDING_DELETION", 200, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			client, log, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case !strings.HasSuffix(r.URL.Path, "/versions"):
					reply(w, 200, secretJSON(test.state, map[string]any{"currentVersionNumber": nil}))
				case test.status != 200:
					refuse(w, test.status, "NotAuthorizedOrNotFound", "no")
				default:
					reply(w, 200, []any{version(3, "PENDING"), version(2, "CURRENT"), version(1, "PREVIOUS")})
				}
			})
			secret, err := client.Describe(t.Context(), testSecret)
			if err != nil || secret.CurrentVersionNumber != test.want || log.count() != test.requests {
				t.Errorf("got %d after %d requests, %v", secret.CurrentVersionNumber, log.count(), err)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	version := func(n int, more map[string]any) map[string]any {
		return merged(map[string]any{"secretId": testSecret, "versionNumber": n, "timeCreated": "2025-01-01T00:00:00.123Z"}, more)
	}
	client, log, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("page") {
		case "":
			w.Header().Set("opc-next-page", "two")
			reply(w, 200, []any{version(10, map[string]any{"name": "ten", "stages": []string{"CURRENT", "LATEST"}, "timeOfExpiry": "2026-03-01T00:00:00.000Z"}), version(2, nil)})
		case "two":
			w.Header().Set("opc-next-page", "three")
			reply(w, 200, []any{})
		default:
			reply(w, 200, []any{version(2, nil), version(1, map[string]any{"timeOfDeletion": "2026-02-01T00:00:00.000Z"})})
		}
	})
	got, err := client.Versions(t.Context(), testSecret)
	if err != nil {
		t.Fatal(err)
	}
	created := at("2025-01-01T00:00:00.123Z")
	want := []migrate.SourceVersion{
		{Number: 1, Stages: []string{}, TimeCreated: created, TimeOfDeletion: at("2026-02-01T00:00:00Z")},
		{Number: 2, Stages: []string{}, TimeCreated: created},
		{Number: 10, Name: "ten", Stages: []string{"CURRENT", "LATEST"}, TimeCreated: created, TimeOfExpiry: at("2026-03-01T00:00:00Z")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if log.count() != 3 {
		t.Errorf("%d pages", log.count())
	}
}

func TestBadSecretIDIsNotSent(t *testing.T) {
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, nil) })
	for _, id := range []string{"", "db-password", testVault, testSecret + "/versions", testSecret + "?x", "../" + testSecret} {
		if _, err := client.Describe(t.Context(), id); err == nil {
			t.Errorf("Describe took %q", id)
		}
		if _, err := client.Versions(t.Context(), id); err == nil {
			t.Errorf("Versions took %q", id)
		}
		if _, err := client.Bundle(t.Context(), id, migrate.Selector{}); err == nil {
			t.Errorf("Bundle took %q", id)
		}
	}
	if log.count() != 0 {
		t.Errorf("%d requests", log.count())
	}
}
