package ociemu_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/secrets"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// TestConcurrentUse is worth most under the race detector: it changes the state
// while it is read.
func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, ociemu.WithPageSize(15))
	id := w.addSecret("a", "0")
	w.OnRequest(func(*ociemu.RequestRecord) { w.Count("") })
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 10 {
				w.addSecret(fmt.Sprintf("secret-%d-%d", worker, i), "x", ociemu.WithMetadata(map[string]any{"i": i}))
				if err := w.SetFreeformTags(id, map[string]string{"worker": fmt.Sprint(worker)}); err != nil {
					t.Error(err)
				}
				remove := w.AddFault(ociemu.Fault{Status: http.StatusServiceUnavailable, Call: "vault.GetSecret"})
				w.SetRateLimit(1000 + i)
				w.Deny(id, ociemu.ReadMetadata)
				remove()
			}
		})
		all.Go(func() {
			for range 10 {
				if _, err := w.bundle(t.Context(), id); err != nil {
					t.Error(err)
				}
				w.listNames(t, w.compartment)
				w.Requests()
			}
		})
	}
	all.Go(func() {
		for i := range 20 {
			must(w.AddVersion(id, fmt.Append(nil, i+1)))
		}
	})
	all.Wait()
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id}); got != "21 20 [CURRENT LATEST]" {
		t.Errorf("in the end: %s", got)
	}
	if got := len(w.listNames(t, w.compartment)); got != 41 {
		t.Errorf("%d secrets, want 41", got)
	}
}

func BenchmarkListPage(b *testing.B) {
	e := ociemu.New()
	tenancy := must(e.AddTenancy("t"))
	vault := must(e.AddVault(tenancy, "v"))
	begin := time.Now()
	for i := range 5000 {
		must(e.AddSecret(tenancy, vault, fmt.Sprint("s", i), []byte("x")))
	}
	b.Logf("5000 secrets were added in %s", time.Since(begin))
	user := must(e.AddUser(tenancy, "u"))
	must(e.AddAPIKey(user, testKey().PublicKeyPEM))
	url, _, err := ociemu.Serve(b.Context(), e, "127.0.0.1:0", false)
	if err != nil {
		b.Fatal(err)
	}
	w := &world{Emulator: e, tenancy: tenancy, user: user}
	w.connect(url, w.apiKeyProvider(testKey()))
	for b.Loop() {
		response, err := w.vaults.ListSecrets(b.Context(), listRequest(tenancy))
		if err != nil || len(response.Items) != 100 {
			b.Fatal(len(response.Items), err)
		}
	}
}
