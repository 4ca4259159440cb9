package openbao_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// A run that is cancelled while the server makes a secret ID still gets the
// answer that names it; what can be asked again is given up at once.
func TestCancelledRunHearsWhatWasCreated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := newFake(t, func(w http.ResponseWriter, _ int, c call) {
		cancel()
		time.Sleep(50 * time.Millisecond)
		reply(w, 200, `{"data":{"secret_id":"made","secret_id_accessor":"accessor"}}`)
	})
	c, _ := f.client(t)
	created, err := c.CreateSecretID(ctx, "", "approle", "app", openbao.SecretIDOptions{})
	if err != nil || created.Accessor != "accessor" {
		t.Errorf("got %q, %v", created.Accessor, err)
	}
	if _, err := c.CreateSecretID(ctx, "", "approle", "app", openbao.SecretIDOptions{}); !errors.Is(err, context.Canceled) || len(f.seen()) != 1 {
		t.Errorf("a cancelled run asked %d times: %v", len(f.seen()), err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	if _, err := c.Write(ctx, here, migrate.KV2, secret(`{"a":"b"}`), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a write was waited for: %v", err)
	}
}
