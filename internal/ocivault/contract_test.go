package ocivault_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// instant is the machine's clock, but sleeping only moves it.
type instant struct {
	mu     sync.Mutex
	offset time.Duration
	sleeps int
}

func (c *instant) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *instant) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.offset += d
	c.sleeps++
	c.mu.Unlock()
	runtime.Gosched()
	return ctx.Err()
}

// sharedKey is one key for all emulators: making one takes longer than any test.
var sharedKey = sync.OnceValues(ociemu.GenerateAPIKey)

// cloud is an emulated tenancy with one vault, whose secrets live in compartment.
type cloud struct {
	*ociemu.Emulator
	t                                *testing.T
	url                              string
	tenancy, user, compartment, home string
	vault                            string
	key                              ociemu.APIKey
}

func newCloud(t *testing.T, opts ...ociemu.Option) *cloud {
	t.Helper()
	c := &cloud{Emulator: ociemu.New(opts...), t: t}
	server := httptest.NewServer(c.Emulator)
	t.Cleanup(server.Close)
	c.url = server.URL
	c.tenancy = must(c.AddTenancy("acme"))(t)
	c.user = must(c.AddUser(c.tenancy, "terraform"))(t)
	c.key = must(sharedKey())(t)
	must(c.AddAPIKey(c.user, c.key.PublicKeyPEM))(t)
	c.home = must(c.AddCompartment(c.tenancy, "vaults"))(t)
	c.compartment = must(c.AddCompartment(c.home, "secrets"))(t)
	c.vault = must(c.AddVault(c.home, "main"))(t)
	t.Cleanup(func() {
		if writes := c.Writes(); len(writes) > 0 {
			t.Errorf("the source was written to: %+v", writes)
		}
	})
	return c
}

func (c *cloud) config() ocivault.Config {
	return ocivault.Config{
		Region: "eu-frankfurt-1", TenancyOCID: c.tenancy, UserOCID: c.user, Fingerprint: c.key.Fingerprint,
		PrivateKey: migrate.NewSecret([]byte(c.key.PrivateKeyPEM)),
		Endpoints:  ocivault.Endpoints{Secrets: c.url, Vaults: c.url, Identity: c.url, KMS: c.url},
		Clock:      &instant{},
	}
}

func (c *cloud) client(change ...func(*ocivault.Config)) *ocivault.Client {
	c.t.Helper()
	cfg := c.config()
	for _, each := range change {
		each(&cfg)
	}
	client := must(ocivault.New(cfg))(c.t)
	c.t.Cleanup(client.Close)
	return client
}

func (c *cloud) secret(name, content string, attrs ...ociemu.Attribute) string {
	c.t.Helper()
	return must(c.AddSecret(c.compartment, c.vault, name, []byte(content), attrs...))(c.t)
}

// must unwraps a result, as in must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestContractReadsOneSecret(t *testing.T) {
	cloud := newCloud(t)
	id := cloud.secret("db", "one", ociemu.WithVersionName("first"), ociemu.WithDescription("D"),
		ociemu.WithFreeformTags(map[string]string{"a": "b"}), ociemu.WithDefinedTags(map[string]map[string]any{"n": {"k": 1}}),
		ociemu.WithMetadata(map[string]any{"m": "x"}), ociemu.WithRules(ociemu.Rule{Type: ociemu.ExpiryRule, VersionExpiryInterval: "P30D", BlockRetrieval: true}))
	must(cloud.AddVersion(id, []byte("two")))(t)
	must(cloud.AddVersion(id, []byte("three\x00\xff")))(t)
	client, ctx := cloud.client(), t.Context()

	secret := must(client.Describe(ctx, id))(t)
	if secret.Name != "db" || secret.CurrentVersionNumber != 3 || secret.LifecycleState != migrate.StateActive || secret.VaultID != cloud.vault ||
		secret.CompartmentID != cloud.compartment || secret.Description != "D" || secret.FreeformTags["a"] != "b" || secret.DefinedTags["n"]["k"] != "1" ||
		secret.Metadata["m"] != "x" || secret.TimeCreated.IsZero() || secret.TimeOfCurrentExpiry.IsZero() ||
		len(secret.Rules) != 1 || !secret.Rules[0].RetrievalBlockedOnExpiry || secret.Rules[0].SecretVersionExpiryInterval != "P30D" {
		t.Errorf("secret %+v", secret)
	}
	versions := must(client.Versions(ctx, id))(t)
	if len(versions) != 3 || versions[0].Number != 1 || versions[0].Name != "first" || versions[2].Number != 3 ||
		!slices.Contains(versions[1].Stages, "PREVIOUS") || !slices.Contains(versions[2].Stages, migrate.StageCurrent) {
		t.Errorf("versions %+v", versions)
	}
	for _, c := range []struct {
		selector migrate.Selector
		number   int64
		content  string
	}{
		{migrate.Selector{}, 3, "three\x00\xff"},
		{migrate.Selector{Stage: "CURRENT"}, 3, "three\x00\xff"},
		{migrate.Selector{Stage: "LATEST"}, 3, "three\x00\xff"},
		{migrate.Selector{Stage: "PREVIOUS"}, 2, "two"},
		{migrate.Selector{VersionNumber: 1}, 1, "one"},
		{migrate.Selector{VersionName: "first"}, 1, "one"},
	} {
		byID := must(client.Bundle(ctx, id, c.selector))(t)
		byName := must(client.BundleByName(ctx, cloud.vault, "db", c.selector))(t)
		for _, bundle := range []migrate.Bundle{byID, byName} {
			if bundle.SecretID != id || bundle.Version.Number != c.number || string(bundle.Content.Reveal()) != c.content || bundle.Metadata["m"] != "x" {
				t.Errorf("%+v: version %d, %d bytes", c.selector, bundle.Version.Number, bundle.Content.Len())
			}
		}
	}
}

func TestContractLists(t *testing.T) {
	for name, opts := range map[string][]ociemu.Option{
		"one page":     nil,
		"small pages":  {ociemu.WithPageSize(2)},
		"sparse pages": {ociemu.WithPageSize(3), ociemu.WithSparsePages()},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t, opts...)
			ctx, client := t.Context(), cloud.client()
			other := must(cloud.AddVault(cloud.home, "other"))(t)
			var want []string
			for i := range 7 {
				want = append(want, cloud.secret(fmt.Sprintf("s%d", i), "x"))
			}
			must(cloud.AddSecret(cloud.compartment, other, "s0", []byte("x")))(t)
			deep := must(cloud.AddCompartment(cloud.compartment, "deep"))(t)

			list := must(client.ListSecrets(ctx, ocivault.ListSecretsRequest{CompartmentID: cloud.compartment, VaultID: cloud.vault}))(t)
			var got []string
			for _, s := range list {
				got = append(got, s.ID)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if all := must(client.ListSecrets(ctx, ocivault.ListSecretsRequest{CompartmentID: cloud.compartment}))(t); len(all) != 8 {
				t.Errorf("%d secrets without a filter", len(all))
			}
			if found := must(client.FindSecret(ctx, other, cloud.compartment, "s0"))(t); len(found) != 1 || found[0].VaultID != other {
				t.Errorf("found %+v", found)
			}
			if found := must(client.FindSecret(ctx, other, cloud.compartment, "S0"))(t); len(found) != 0 {
				t.Errorf("found %+v", found)
			}
			if vaults := must(client.ListVaults(ctx, cloud.home))(t); len(vaults) != 2 {
				t.Errorf("vaults %+v", vaults)
			}
			for _, c := range []struct {
				request ocivault.ListCompartmentsRequest
				want    []string
			}{
				{ocivault.ListCompartmentsRequest{ID: cloud.tenancy, Subtree: true, IncludeTenancy: true}, []string{cloud.tenancy, deep, cloud.compartment, cloud.home}},
				{ocivault.ListCompartmentsRequest{ID: cloud.tenancy}, []string{cloud.home}},
				{ocivault.ListCompartmentsRequest{ID: cloud.home, Subtree: true}, []string{deep, cloud.compartment}},
			} {
				var ids []string
				for _, compartment := range must(client.ListCompartments(ctx, c.request))(t) {
					ids = append(ids, compartment.ID)
				}
				if !slices.Equal(ids, c.want) { // by name: deep, secrets, vaults
					t.Errorf("%+v: got %v, want %v", c.request, ids, c.want)
				}
			}
		})
	}
}

func TestContractWhatIsOutOfReach(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	first := migrate.Selector{VersionNumber: 1}
	for _, c := range []struct {
		name     string
		prepare  func(c *cloud, id string) error
		selector migrate.Selector
		want     error
		not      error
	}{
		{"pending", func(c *cloud, id string) error { return c.ScheduleDeletion(id, tomorrow) }, migrate.Selector{}, migrate.ErrPendingDeletion, migrate.ErrSourceNotFound},
		{"pending, version asked", func(c *cloud, id string) error { return c.ScheduleDeletion(id, tomorrow) }, first, migrate.ErrPendingDeletion, migrate.ErrSourceNotFound},
		{"version pending", func(c *cloud, id string) error { return c.ScheduleVersionDeletion(id, 1, tomorrow) }, first, migrate.ErrPendingDeletion, migrate.ErrSourceNotFound},
		{"blocked", func(c *cloud, id string) error { return c.BlockRetrieval(id) }, migrate.Selector{}, migrate.ErrRetrievalBlocked, migrate.ErrSourceNotFound},
		{"blocked, version asked", func(c *cloud, id string) error { return c.BlockRetrieval(id) }, first, migrate.ErrRetrievalBlocked, migrate.ErrSourceNotFound},
		{"deleting", func(c *cloud, id string) error { return c.SetLifecycleState(id, "DELETING") }, migrate.Selector{}, migrate.ErrPendingDeletion, migrate.ErrSourceNotFound},
		{"gone", func(c *cloud, id string) error { return c.Delete(id) }, migrate.Selector{}, migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound},
		{"gone, version asked", func(c *cloud, id string) error { return c.Delete(id) }, first, migrate.ErrSourceNotFound, migrate.ErrPendingDeletion},
		{"no such version", func(*cloud, string) error { return nil }, migrate.Selector{VersionNumber: 9}, migrate.ErrSourceVersionNotFound, migrate.ErrSourceNotFound},
		{"no such version name", func(*cloud, string) error { return nil }, migrate.Selector{VersionName: "nine"}, migrate.ErrSourceVersionNotFound, migrate.ErrSourceNotFound},
		{"no such stage", func(*cloud, string) error { return nil }, migrate.Selector{Stage: "PENDING"}, migrate.ErrSourceVersionNotFound, migrate.ErrSourceNotFound},
		{"no right to content", func(c *cloud, id string) error { c.Deny(id, ociemu.ReadBundle); return nil }, first, migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound},
		{"no right to either", func(c *cloud, id string) error {
			c.Deny(id, ociemu.ReadBundle)
			c.Deny(id, ociemu.ReadMetadata)
			return nil
		}, first, migrate.ErrSourceVersionNotFound, migrate.ErrPendingDeletion},
		{"no BASE64", func(c *cloud, id string) error { return c.SetRawContent(id, 2, "not base64!") }, migrate.Selector{}, migrate.ErrNotBase64, nil},
		{"no content", func(c *cloud, id string) error { return c.NilContent(id, 2) }, migrate.Selector{}, ocivault.ErrUnexpectedAnswer, nil},
	} {
		for _, refusal := range []ociemu.Refusal{ociemu.IncorrectState, ociemu.NotAuthorizedOrNotFound, ociemu.InvalidParameter} {
			t.Run(fmt.Sprintf("%s %d", c.name, refusal.Status), func(t *testing.T) {
				cloud := newCloud(t, ociemu.WithPendingDeletionAnswer(refusal), ociemu.WithBlockedRetrievalAnswer(refusal))
				id := cloud.secret("db", "one")
				must(cloud.AddVersion(id, []byte("two")))(t)
				ok(t, c.prepare(cloud, id))
				_, err := cloud.client().Bundle(t.Context(), id, c.selector)
				if !errors.Is(err, c.want) || (c.not != nil && errors.Is(err, c.not)) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				var failed *ocivault.Error
				if !errors.As(err, &failed) || (failed.Remedy() == "" && !errors.Is(err, ocivault.ErrUnexpectedAnswer)) {
					t.Errorf("no remedy for %v", err)
				}
			})
		}
	}
}

// TestContractMetadataNeedNoContentRights takes the right to
// content away; the metadata stay readable.
func TestContractMetadataNeedNoContentRights(t *testing.T) {
	cloud := newCloud(t)
	id := cloud.secret("db", "one")
	cloud.Deny(cloud.tenancy, ociemu.ReadBundle)
	client, ctx := cloud.client(), t.Context()
	must(client.Describe(ctx, id))(t)
	must(client.Versions(ctx, id))(t)
	if found := must(client.FindSecret(ctx, cloud.vault, cloud.compartment, "db"))(t); len(found) != 1 {
		t.Errorf("found %+v", found)
	}
}

func TestContractFaultsPass(t *testing.T) {
	for name, fault := range map[string]ociemu.Fault{
		"throttled":            {Status: 429, RetryAfter: "7"},
		"throttled, no header": {Status: 429},
		"server error":         {Status: 500},
		"proxy error":          {Status: 502, RawBody: "<html>bad gateway</html>"},
		"dropped":              {Drop: ociemu.DropBeforeAnswer},
		"dropped halfway":      {Drop: ociemu.DropMidBody},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t)
			id := cloud.secret("db", "one")
			fault.Count = 3
			cloud.AddFault(fault)
			bundle := must(cloud.client().Bundle(t.Context(), id, migrate.Selector{}))(t)
			if string(bundle.Content.Reveal()) != "one" || cloud.Count("secrets.GetSecretBundle") != 4 {
				t.Errorf("%d bytes after %d requests", bundle.Content.Len(), cloud.Count("secrets.GetSecretBundle"))
			}
		})
	}
}

func TestContractCredentials(t *testing.T) {
	cloud := newCloud(t)
	id := cloud.secret("db", "one")
	client := cloud.client()
	must(client.Describe(t.Context(), id))(t)
	ok(t, cloud.RemoveAPIKey(cloud.user, cloud.key.Fingerprint))
	before := cloud.Count("")
	_, err := client.Describe(t.Context(), id)
	if !errors.Is(err, migrate.ErrUnauthenticated) || cloud.Count("")-before != 1 {
		t.Errorf("%v after %d requests", err, cloud.Count("")-before)
	}
}

func TestContractSecurityToken(t *testing.T) {
	cloud := newCloud(t)
	id := cloud.secret("db", "one")
	session := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	dir := t.TempDir()
	write := func(name, content string) { ok(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)) }
	issue := func(expires time.Time) {
		write("token", must(ociemu.SecurityToken(cloud.tenancy, cloud.user, &session.PublicKey, expires))(t))
	}
	write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(session))(t)})))
	write("config", "[S]\ntenancy="+cloud.tenancy+"\nregion=eu-frankfurt-1\nkey_file=~/key.pem\nsecurity_token_file=~/token\n")
	issue(time.Now().Add(time.Hour))
	client := cloud.client(func(c *ocivault.Config) {
		*c = ocivault.Config{Auth: ocivault.AuthSecurityToken, ConfigFilePath: "~/config", ConfigFileProfile: "S", HomeDir: dir,
			Endpoints: c.Endpoints, Clock: c.Clock}
	})
	must(client.BundleByName(t.Context(), cloud.vault, "db", migrate.Selector{}))(t)
	issue(time.Now().Add(-time.Hour))
	_, err := client.Describe(t.Context(), id)
	var failed *ocivault.Error
	if !errors.As(err, &failed) || !errors.Is(err, migrate.ErrUnauthenticated) || !strings.Contains(failed.Remedy(), "session") {
		t.Errorf("an expired token: %v", err)
	}
	issue(time.Now().Add(time.Hour))
	must(client.Describe(t.Context(), id))(t)
}

func TestContractManyUnderThrottling(t *testing.T) {
	const many, bound = 120, 6
	cloud := newCloud(t)
	ids := make([]string, many)
	for i := range ids {
		ids[i] = cloud.secret(fmt.Sprintf("s%d", i), fmt.Sprintf("content %d", i))
	}
	cloud.ThrottleEverySecond("secrets.GetSecretBundle")
	client := cloud.client(func(c *ocivault.Config) { c.MaxConcurrency, c.RetryMaxElapsed = bound, time.Hour*24 })
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			bundle, err := client.Bundle(t.Context(), id, migrate.Selector{VersionNumber: 1})
			if err != nil || string(bundle.Content.Reveal()) != fmt.Sprintf("content %d", i) {
				t.Errorf("%s: %v", id, err)
			}
		})
	}
	wg.Wait()
	if got := cloud.MaxInFlight(); got > bound {
		t.Errorf("%d requests at once, want at most %d", got, bound)
	}
}

// TestPromiseReviewedIsApplied_PinnedVersion rotates a secret at the moment at
// which its pinned version is asked for.
func TestPromiseReviewedIsApplied_PinnedVersion(t *testing.T) {
	cloud := newCloud(t)
	id := cloud.secret("db", "reviewed")
	var once sync.Once
	cloud.OnRequest(func(r *ociemu.RequestRecord) {
		if r.Call == "secrets.GetSecretBundle" {
			once.Do(func() {
				if _, err := cloud.AddVersion(id, []byte("newer")); err != nil {
					t.Error(err)
				}
			})
		}
	})
	bundle := must(cloud.client().Bundle(t.Context(), id, migrate.Selector{VersionNumber: 1}))(t)
	if bundle.Version.Number != 1 || string(bundle.Content.Reveal()) != "reviewed" {
		t.Errorf("version %d came", bundle.Version.Number)
	}
}
