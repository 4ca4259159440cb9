package provider_test

import (
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestMigratedSecret_Smoke(t *testing.T) {
	h := acctest.New(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(`
resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migrated_secret" "a" {
  secret_id = "` + id + `"
  mount     = ocibao_kv_mount.credentials.path
  name      = "provider-a"
}
`)
	t.Log(h.Plan(2).Output)
	t.Log(h.Apply().Output)
	t.Log(h.Plan(0).Output)
	t.Log(h.KV2("credentials", "provider-a"))
	t.Log(h.Work.Read("terraform.tfstate"))
	h.Rotate(id, `{"access_key_id":"new"}`)
	t.Log(h.Plan(2).Output)
	t.Log(h.Apply().Output)
	t.Log(h.Plan(0).Output)
}
