package ociemu_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/secrets"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// loadedWorld serves an emulator that was filled by a seed.
func loadedWorld(t *testing.T, seed ociemu.Seed) (*world, ociemu.Loaded) {
	t.Helper()
	w := &world{Emulator: ociemu.New()}
	document := must(json.Marshal(seed))
	loaded, err := w.Load(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	url, _, err := ociemu.Serve(t.Context(), w.Emulator, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	w.tenancy, w.user = loaded.TenancyID, loaded.Users[seed.Users[0].Name]
	w.connect(url, w.apiKeyProvider(testKey()))
	return w, loaded
}

func TestGuideSeed(t *testing.T) {
	seed := ociemu.GuideSeed()
	seed.Users[0].PublicKeys = []string{testKey().PublicKeyPEM}
	w, loaded := loadedWorld(t, seed)
	if got := loaded.Fingerprints["migrator"]; !slices.Equal(got, []string{testKey().Fingerprint}) {
		t.Errorf("fingerprints %v", got)
	}
	names := w.listNames(t, loaded.Compartments["credentials"], func(r *ocisdk.ListSecretsRequest) { r.SortBy = "NAME" })
	if want := []string{"cloud_provider_a", "cloud_provider_b", "cloud_provider_c"}; !slices.Equal(names, want) {
		t.Fatalf("secrets %v, want %v", names, want)
	}
	fields := map[string][]string{
		"cloud_provider_a": {"access_key_id", "secret_access_key"},
		"cloud_provider_b": {"api_key", "project_id"},
		"cloud_provider_c": {"client_id", "client_secret"},
	}
	for name, want := range fields {
		id := loaded.Secrets["credentials/"+name]
		content := strings.TrimSuffix(strings.TrimPrefix(
			w.read(t, secrets.GetSecretBundleRequest{SecretId: &id}), "1 "), " [CURRENT LATEST]")
		var object map[string]string
		if err := json.Unmarshal([]byte(content), &object); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}

func TestSeedWithEverything(t *testing.T) {
	w, loaded := loadedWorld(t, ociemu.Seed{
		Tenancy: ociemu.SeedTenancy{Name: "example", ID: "ocid1.tenancy.oc1..fixed"},
		Users:   []ociemu.SeedUser{{Name: "u", PublicKeys: []string{testKey().PublicKeyPEM}}},
		Compartments: []ociemu.SeedCompartment{
			{Name: "parent"}, {Name: "child", Parent: "parent", ID: "ocid1.compartment.oc1..fixed"},
		},
		Vaults: []ociemu.SeedVault{{Name: "v", Compartment: "parent", ID: "ocid1.vault.oc1.eu-frankfurt-1.host.fixed"}},
		Secrets: []ociemu.SeedSecret{
			{
				Name: "a", Vault: "v", Compartment: "child", ID: "ocid1.vaultsecret.oc1.eu-frankfurt-1.fixed",
				Metadata: map[string]any{"m": "v"}, Rules: []ociemu.Rule{{Type: ociemu.ReuseRule}},
				Versions: []ociemu.SeedVersion{{Name: "one", Content: "1"}, {Binary: []byte{0, 1}}, {Content: "3", Pending: true}},
			},
			{Name: "dying", Vault: "v", Versions: []ociemu.SeedVersion{{Content: "x"}}, TimeOfDeletion: time.Now().Add(time.Hour)},
		},
	})
	id := "ocid1.vaultsecret.oc1.eu-frankfurt-1.fixed"
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id}); got != "2 \x00\x01 [CURRENT]" {
		t.Errorf("current: %q", got)
	}
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id, Stage: "PENDING"}); got != "3 3 [PENDING LATEST]" {
		t.Errorf("pending: %q", got)
	}
	if got := w.listNames(t, "ocid1.compartment.oc1..fixed"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("child: %v", got)
	}
	if got := w.listNames(t, loaded.Compartments["parent"]); !slices.Equal(got, []string{"dying"}) {
		t.Errorf("parent: %v", got)
	}
	_, err := w.bundle(t.Context(), loaded.Secrets["v/dying"])
	wantRefusal(t, err, 409, "IncorrectState")
}

func TestSeedRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		want     error
	}{
		"no JSON":            {`{`, nil},
		"unknown field":      {`{"tenancy":{"name":"t"},"vault":[]}`, nil},
		"something behind":   {`{"tenancy":{"name":"t"}} {}`, ociemu.ErrInvalid},
		"wrong OCID":         {`{"tenancy":{"name":"t","id":"ocid1.user.oc1..a"}}`, ociemu.ErrInvalid},
		"unknown parent":     {`{"tenancy":{"name":"t"},"compartments":[{"name":"a","parent":"b"}]}`, ociemu.ErrNotFound},
		"compartment twice":  {`{"tenancy":{"name":"t"},"compartments":[{"name":"a"},{"name":"a"}]}`, ociemu.ErrConflict},
		"unknown vault":      {`{"tenancy":{"name":"t"},"secrets":[{"name":"a","vault":"v","versions":[{}]}]}`, ociemu.ErrNotFound},
		"no version":         {`{"tenancy":{"name":"t"},"vaults":[{"name":"v"}],"secrets":[{"name":"a","vault":"v"}]}`, ociemu.ErrInvalid},
		"text and binary":    {`{"tenancy":{"name":"t"},"vaults":[{"name":"v"}],"secrets":[{"name":"a","vault":"v","versions":[{"content":"x","binary":"eA=="}]}]}`, ociemu.ErrInvalid},
		"key of another use": {`{"tenancy":{"name":"t"},"users":[{"name":"u","public_keys":["x"]}]}`, ociemu.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ociemu.New().Load(strings.NewReader(c.document))
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}
