package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// Names are listed on both engines, from a folder and from all of them, without a
// request for a value.
func TestKVSecrets(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("new", "2")
	h.MountKV("old", "1")
	for _, name := range []string{"apps/web/session-key", "apps/db", "other"} {
		h.Operator(http.MethodPost, "new/data/"+name, map[string]any{"data": map[string]string{"k": "v"}})
		h.Operator(http.MethodPost, "old/"+name, map[string]string{"k": "v"})
	}
	h.Operator(http.MethodDelete, "new/data/other", nil)
	h.Configure(`
data "ocibao_kv_secrets" "mount" {
  for_each = toset(["new", "old"])
  mount    = each.key
}

data "ocibao_kv_secrets" "folder" {
  for_each = toset(["new", "old"])
  mount    = each.key
  name     = "apps"
}

data "ocibao_kv_secrets" "all" {
  for_each  = toset(["new", "old"])
  mount     = each.key
  recursive = true
}

data "ocibao_kv_secrets" "nothing" {
  for_each = toset(["new", "old"])
  mount    = each.key
  name     = "not/there"
}

output "names" {
  value = [for of in [
    data.ocibao_kv_secrets.mount, data.ocibao_kv_secrets.folder, data.ocibao_kv_secrets.all, data.ocibao_kv_secrets.nothing,
  ] : { for mount, list in of : mount => concat([tostring(list.version)], list.names) }]
}
`)
	h.Proxy.Reset()
	h.Apply()
	h.Contains(h.CLI("output", "-json", "names"), strings.Join([]string{
		`[{"new":["2","apps/","other"],"old":["1","apps/","other"]}`,
		`{"new":["2","apps/db","apps/web/"],"old":["1","apps/db","apps/web/"]}`,
		`{"new":["2","apps/db","apps/web/session-key","other"],"old":["1","apps/db","apps/web/session-key","other"]}`,
		`{"new":["2"],"old":["1"]}]`,
	}, ","))
	for _, request := range h.Proxy.Requests() {
		below := strings.HasPrefix(request.Path, "new/") || strings.HasPrefix(request.Path, "old/")
		if below && request.Method != "LIST" {
			t.Errorf("%s %s is no listing", request.Method, request.Path)
		}
	}
	h.Plan(0)
}

func TestKVSecrets_Refused(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("new", "2")
	h.Operator(http.MethodPut, "sys/policies/acl/blind", map[string]string{"policy": `path "auth/token/lookup-self" { capabilities = ["read"] }
path "sys/internal/ui/mounts/*" { capabilities = ["read"] }
path "new/data/*" { capabilities = ["read"] }`})
	answer := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"blind"}})
	auth, _ := answer["auth"].(map[string]any)
	token, _ := auth["client_token"].(string)
	list := `data "ocibao_kv_secrets" "it" { mount = "new" }`
	h.Configure(list)
	h.Apply()
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN="+token)
	h.ApplyFails("Unable to list KV secrets of new", "permission denied", "list", "new/metadata")
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN="+acctest.RootToken)
	h.Configure(strings.ReplaceAll(list, `"new"`, `"missing"`))
	h.ApplyFails("Unable to list KV secrets of missing", "missing", `mount = "missing"`)
	h.Configure(`data "ocibao_kv_secrets" "it" {
  mount = "new"
  name  = "apps/"
}`)
	h.ApplyFails("Invalid folder", "apps/")
}
