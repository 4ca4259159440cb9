package ociemu_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/identity"
	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// testKey is one key for all tests, because making one takes long.
var testKey = sync.OnceValue(func() ociemu.APIKey { return must(ociemu.GenerateAPIKey()) })

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// world is an emulator with a tenancy, a user, a compartment and a vault, served
// over HTTP, and the SDK's clients for it.
type world struct {
	*ociemu.Emulator
	url, tenancy, user, compartment, vault string

	provider common.ConfigurationProvider
	identity identity.IdentityClient
	kms      keymanagement.KmsVaultClient
	vaults   ocisdk.VaultsClient
	secrets  secrets.SecretsClient
}

func newWorld(t *testing.T, opts ...ociemu.Option) *world {
	t.Helper()
	w := &world{Emulator: ociemu.New(opts...)}
	w.tenancy = must(w.AddTenancy("example"))
	w.user = must(w.AddUser(w.tenancy, "migrator"))
	must(w.AddAPIKey(w.user, testKey().PublicKeyPEM))
	w.compartment = must(w.AddCompartment(w.tenancy, "credentials"))
	w.vault = must(w.AddVault(w.compartment, "credentials"))
	url, _, err := ociemu.Serve(t.Context(), w.Emulator, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	w.connect(url, w.apiKeyProvider(testKey()))
	return w
}

func (w *world) apiKeyProvider(key ociemu.APIKey) common.ConfigurationProvider {
	return common.NewRawConfigurationProvider(w.tenancy, w.user, "eu-frankfurt-1", key.Fingerprint, key.PrivateKeyPEM, nil)
}

func (w *world) connect(url string, provider common.ConfigurationProvider) {
	w.url, w.provider = url, provider
	w.identity = must(identity.NewIdentityClientWithConfigurationProvider(provider))
	w.kms = must(keymanagement.NewKmsVaultClientWithConfigurationProvider(provider))
	w.vaults = must(ocisdk.NewVaultsClientWithConfigurationProvider(provider))
	w.secrets = must(secrets.NewSecretsClientWithConfigurationProvider(provider))
	none := common.NoRetryPolicy()
	for _, client := range []*common.BaseClient{
		&w.identity.BaseClient, &w.kms.BaseClient, &w.vaults.BaseClient, &w.secrets.BaseClient,
	} {
		client.Host = url
		client.Configuration = common.CustomClientConfiguration{RetryPolicy: &none}
	}
}

func (w *world) addSecret(name, content string, attrs ...ociemu.Attribute) string {
	return must(w.AddSecret(w.compartment, w.vault, name, []byte(content), attrs...))
}

func (w *world) bundle(ctx context.Context, secretID string) (secrets.GetSecretBundleResponse, error) {
	return w.secrets.GetSecretBundle(ctx, secrets.GetSecretBundleRequest{SecretId: &secretID})
}

// signed sends a request of any shape, without body, with a valid signature.
func (w *world) signed(t *testing.T, method, target string) *http.Response {
	t.Helper()
	return w.signedBody(t, method, target, "")
}

func (w *world) signedBody(t *testing.T, method, target, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Date", timeNow())
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/json")
	}
	if err := common.DefaultRequestSigner(w.provider).Sign(r); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// wantRefusal checks that an SDK call failed with this status and code.
func wantRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal common.ServiceError
	if !errors.As(err, &refusal) {
		t.Fatalf("error %v, want a refusal with %d %s", err, status, code)
	}
	if refusal.GetHTTPStatusCode() != status || refusal.GetCode() != code {
		t.Errorf("refused with %d %s, want %d %s", refusal.GetHTTPStatusCode(), refusal.GetCode(), status, code)
	}
	if refusal.GetOpcRequestID() == "" {
		t.Error("the refusal has no opc-request-id")
	}
}
