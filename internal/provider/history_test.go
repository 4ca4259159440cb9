package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestMigration_VersionHistory(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	h.MountKV("old", "1")
	id := h.Secret("rotated", `{"v":1}`)
	for i := range 11 {
		h.Rotate(id, fmt.Sprintf(`{"v":%d}`, i+2))
	}
	pins := map[string]string{"rotated": id + "@12"}
	h.Configure(bulk(pins, `version_history = "all"`))
	h.Contains(h.Plan(1), "The mount does not keep that many versions", "credentials keeps 10 versions", `"rotated" has 12 versions`, "max_versions = 12")
	h.Operator(http.MethodPost, "credentials/config", map[string]any{"max_versions": 20})
	h.Apply()
	h.Plan(0)
	for version := 1; version <= 12; version++ {
		data := h.Data(fmt.Sprintf("credentials/data/rotated?version=%d", version))
		if got := fmt.Sprint(data["data"]); got != fmt.Sprintf("map[v:%d]", version) {
			t.Errorf("version %d is %s", version, got)
		}
	}
	custom := fmt.Sprint(h.Data("credentials/metadata/rotated")["custom_metadata"])
	if want := "ocibao_history:1=1,2=2,3=3"; custom == "" || !strings.Contains(custom, want) {
		t.Errorf("custom metadata %s", custom)
	}
	h.Configure(bulk(map[string]string{"rotated": id + "@12"}, `version_history = "all"`))
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), `mount = "credentials"`, `mount = "old"`, 1))
	h.Contains(h.Plan(1), "No history on KV v1")
}
