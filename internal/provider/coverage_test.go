package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// covered is a configuration of one coverage, and outputs of it.
func covered(inventory, selected map[string]string, extra ...string) string {
	return fmt.Sprintf(`
data "ocibao_migration_coverage" "it" {
  mount    = "credentials"
  pins     = %s
  selected = %s
  %s
}

output "coverage" {
  value = data.ocibao_migration_coverage.it
}
`, hclMap(inventory), hclMap(selected), strings.Join(extra, "\n  "))
}

func hclMap(of map[string]string) string {
	if of == nil {
		return "null"
	}
	var entries strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(&entries, "    %q = %q\n", name, of[name])
	}
	return "{\n" + entries.String() + "  }"
}

// coverage is the coverage that the last apply put into the outputs.
type coverage struct {
	MatchedBy                                       *string `json:"matched_by"`
	Complete                                        bool
	Counts                                          map[string]int
	Migrated, Outdated, Modified, Pending, Orphaned map[string]string
	Unselected, Foreign                             []string
	JSON                                            string `json:"json"`
	Markdown                                        string
}

func coverageOf(h *acctest.Harness) coverage {
	h.Helper()
	var got coverage
	run := h.CLI("output", "-json", "coverage")
	if err := json.Unmarshal([]byte(run.Output), &got); err != nil {
		h.Fatalf("%v\n%s", err, run.Output)
	}
	return got
}

// parts writes the names of the parts that are not empty.
func (c coverage) parts() string {
	var parts []string
	for _, part := range []struct {
		title string
		names []string
	}{
		{"migrated", slices.Sorted(maps.Keys(c.Migrated))},
		{"outdated", slices.Sorted(maps.Keys(c.Outdated))},
		{"modified", slices.Sorted(maps.Keys(c.Modified))},
		{"pending", slices.Sorted(maps.Keys(c.Pending))},
		{"unselected", c.Unselected},
		{"orphaned", slices.Sorted(maps.Keys(c.Orphaned))},
		{"foreign", c.Foreign},
	} {
		if len(part.names) > 0 {
			parts = append(parts, part.title+" "+strings.Join(part.names, " "))
		}
		if c.Counts[part.title] != len(part.names) {
			parts = append(parts, fmt.Sprintf("but %d counted", c.Counts[part.title]))
		}
	}
	if c.Complete {
		parts = append(parts, "complete")
	}
	return strings.Join(parts, "; ")
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	canaries := make([]string, 5)
	inventory, selected := map[string]string{}, map[string]string{}
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		canaries[i] = fmt.Sprintf("canary-%d-Xq7PzL0vRt", i)
		pin := h.Secret("cloud_"+name, fmt.Sprintf(`{"password":%q}`, canaries[i])) + "@1"
		inventory["cloud_"+name] = pin
		if name != "e" {
			selected["team/"+name] = pin
		}
	}
	expect := func(want string) coverage {
		t.Helper()
		h.Apply()
		got := coverageOf(h)
		if got.parts() != want {
			t.Errorf("got  %s\nwant %s", got.parts(), want)
		}
		return got
	}

	// Before the first apply there is no mount, and that stops nothing.
	h.Configure(covered(inventory, selected))
	h.Contains(h.Plan(2), "Warning: Nothing can be seen of the mount", "Everything selected counts as pending")
	if got := expect("pending team/a team/b team/c team/d; unselected cloud_e"); got.MatchedBy != nil {
		t.Errorf("compared by %s", *got.MatchedBy)
	}

	h.MountKV("credentials", "2")
	h.Configure(bulk(selected) + covered(inventory, selected, `ignore = ["cloud_e"]`, "depends_on = [ocibao_migration.all]"))
	if got := expect("migrated team/a team/b team/c team/d; complete"); *got.MatchedBy != "mark" || got.Counts["ignored"] != 1 ||
		got.Migrated["team/a"] != inventory["cloud_a"] {
		t.Errorf("got %+v", got)
	}

	// What time does to a mount, and somebody else.
	idA, _, _ := strings.Cut(inventory["cloud_a"], "@")
	h.Rotate(idA, `{"password":"new"}`)
	now := maps.Clone(selected)
	now["team/a"], inventory["cloud_a"] = idA+"@2", idA+"@2"
	now["renamed"] = now["team/d"]
	delete(now, "team/d")
	h.Operator(http.MethodPost, "credentials/data/team/b", map[string]any{"data": map[string]string{"by": "hand"}})
	h.Operator(http.MethodDelete, "credentials/data/team/c", nil)
	h.Operator(http.MethodPost, "credentials/data/other", map[string]any{"data": map[string]string{"password": canaries[4]}})
	h.Configure(covered(inventory, now))
	got := expect("outdated team/a; modified team/b; pending renamed team/c; unselected cloud_e; orphaned team/d; foreign other")
	if got.Outdated["team/a"] != selected["team/a"] || got.Orphaned["team/d"] != selected["team/d"] || got.Pending["team/c"] != selected["team/c"] {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{"0 of 4 selected secrets are migrated", "| `team/a` |", "version 1, selected is 2", "selected as `renamed`", "deleted in OpenBao"} {
		if !strings.Contains(got.Markdown, want) {
			t.Errorf("%q is not in\n%s", want, got.Markdown)
		}
	}
	if !json.Valid([]byte(got.JSON)) || !strings.Contains(got.JSON, `"complete":false`) {
		t.Errorf("got %s", got.JSON)
	}
	// It looks at metadata only, at OpenBao only, and writes nothing.
	h.Proxy.Reset()
	h.OCI.Reset()
	h.Plan(0)
	if got := len(h.Proxy.Requests()); got == 0 || got > 15 {
		t.Errorf("%d requests for 7 names", got)
	}
	for _, request := range h.Proxy.Requests() {
		if request.Writes() || strings.Contains(request.Path, "credentials/data/") {
			t.Errorf("asked for %s %s", request.Method, request.Path)
		}
	}
	if got := h.OCI.Count(""); got > 0 {
		t.Errorf("%d requests at the source", got)
	}
	if leaks, files, err := acctest.ScanDir(h.Work.Dir, canaries...); err != nil || files == 0 || len(leaks) > 0 {
		t.Errorf("%d files, %v, %v", files, leaks, err)
	}
}

// A token needs list and read on the metadata and nothing else; where it lacks
// them, the names come back, all in one error.
func TestCoverage_Rights(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	h.Configure(bulk(pins))
	h.Apply()
	limited := func(policy string) {
		h.Operator(http.MethodPut, "sys/policies/acl/limited", map[string]string{"policy": policy})
	}
	limited(`path "credentials/metadata/*" { capabilities = ["list", "read"] }`)
	token := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"limited"}})["auth"].(map[string]any)["client_token"].(string)
	h.Work.Env = append(h.Work.Env, "BAO_TOKEN="+token)
	if err := h.Work.Write("terraform.tfstate", ""); err != nil {
		t.Fatal(err)
	}
	h.Configure(covered(pins, nil))
	h.Apply()
	if got := coverageOf(h); !got.Complete || got.Counts["migrated"] != 10 {
		t.Errorf("got %s", got.parts())
	}
	limited(`path "credentials/metadata/*" { capabilities = ["list"] }`)
	run := h.Plan(1)
	h.Contains(run, "Unable to read coverage of mount credentials", "The metadata of 10 names cannot be read", `"app-3":`, "permission denied")
	if got := strings.Count(run.Output, "Error:"); got != 1 {
		t.Errorf("%d errors, want one", got)
	}
	limited(`path "credentials/metadata/app-1" { capabilities = ["read"] }`)
	h.Contains(h.Plan(1), "Unable to read coverage of mount credentials", "list")
}

// KV v1 has no marks, so names are all there is to compare.
func TestCoverage_KV1(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "1")
	pins := ten(h)
	h.Operator(http.MethodPost, "credentials/deep/er/other", map[string]string{"a": "b"})
	all := maps.Clone(pins)
	for _, name := range []string{"app-8", "app-9"} {
		delete(pins, name)
	}
	h.Configure(bulk(pins) + covered(all, nil, "depends_on = [ocibao_migration.all]"))
	h.Apply()
	got := coverageOf(h)
	if got.Complete || *got.MatchedBy != "name" || got.Counts["migrated"] != 8 || !slices.Equal(got.Foreign, []string{"deep/er/other"}) ||
		!slices.Equal(slices.Sorted(maps.Keys(got.Pending)), []string{"app-8", "app-9"}) {
		t.Errorf("got %s", got.parts())
	}
	if !strings.Contains(got.Markdown, "only the names were compared") {
		t.Errorf("got %s", got.Markdown)
	}
}

// Inside of a check block the coverage is that after the apply, and what is
// missing is a warning.
func TestCoverage_Check(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	check := func(inventory map[string]string) string {
		return fmt.Sprintf(`
check "everything_is_migrated" {
  data "ocibao_migration_coverage" "after" {
    mount      = "credentials"
    pins       = %s
    selected   = ocibao_migration.all.secrets
    depends_on = [ocibao_migration.all]
  }
  assert {
    condition     = data.ocibao_migration_coverage.after.complete
    error_message = "Not everything is migrated: ${jsonencode(data.ocibao_migration_coverage.after.counts)}"
  }
}
`, hclMap(inventory))
	}
	h.Configure(bulk(pins) + check(pins))
	h.Lacks(h.Apply(), "Not everything is migrated")
	more := maps.Clone(pins)
	more["new"] = strings.Replace(pins["app-1"], "vaultsecret.", "vaultsecret.x", 1)
	h.Configure(bulk(pins) + check(more))
	h.Contains(h.Apply(), "Check block assertion failed", "Not everything is migrated", `"unselected":1`)
}

// The example's plan is empty when there is nothing to do, also right after a
// migration, and its check sees what is missing.
func TestCoverage_Example(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "data-sources", "ocibao_migration_coverage", "data-source.tf"))
	if err != nil {
		t.Fatal(err)
	}
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	id := h.Secret("cloud_a", `{"password":"one"}`)
	h.Secret("legacy_b", `{"password":"two"}`)
	h.Configure(string(content))
	h.Work.Env = append(h.Work.Env, "TF_VAR_compartment_id="+h.OCI.CompartmentID)
	h.Lacks(h.Apply(), "Not everything is migrated")
	h.Plan(0)
	h.Rotate(id, `{"password":"three"}`)
	h.Plan(2)
	h.Lacks(h.Apply(), "Not everything is migrated")
	h.Plan(0)
	h.Configure(strings.Replace(string(content), "ignore     = local.legacy", "ignore     = []", 1))
	h.Contains(h.Plan(0), "Check block assertion failed", "Not everything is migrated", `"unselected":1`)
}

func TestCoverage_BadInput(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pin := h.Secret("a", "1") + "@1"
	for name, test := range map[string]struct {
		config string
		want   []string
	}{
		"pin":      {covered(map[string]string{"a": "latest"}, nil), []string{"Invalid pin", "<secret OCID>@<version number>"}},
		"no pin":   {strings.Replace(covered(map[string]string{"a": pin}, nil), `"`+pin+`"`, "null", 1), []string{"Invalid pin"}},
		"name":     {covered(map[string]string{"a": pin}, map[string]string{"a/": pin}), []string{"Invalid secret name"}},
		"mount":    {strings.Replace(covered(map[string]string{"a": pin}, nil), `"credentials"`, `"credentials/"`, 1), []string{"Invalid mount path"}},
		"not a KV": {strings.Replace(covered(map[string]string{"a": pin}, nil), `"credentials"`, `"cubbyhole"`, 1), []string{"Unable to read coverage of mount cubbyhole"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Configure(test.config)
			h.Contains(h.Plan(1), test.want...)
		})
	}
}
