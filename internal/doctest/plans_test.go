package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// updateGuides names the environment variable with which the tests write the
// plans into the documents, in place of comparing them.
const updateGuides = "OCIBAO_UPDATE_GUIDES"

// plans are the names of the plans that the documents show, each with the file
// that it is written to. A test below makes each.
var plans = map[string]string{
	"readme":               "README.md",
	"step-by-step-create":  "templates/guides/migrate-step-by-step.md.tmpl",
	"step-by-step-rotated": "templates/guides/migrate-step-by-step.md.tmpl",
	"freeze":               "templates/guides/cut-over-and-leaving.md.tmpl",
	"preflight":            "templates/guides/proof-and-preflight.md.tmpl",
	"proof":                "templates/guides/proof-and-preflight.md.tmpl",
}

// Every plan in a document is one that a test makes.
func TestPlans_AreMade(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, b := range documented(t) {
		if name := b.marked("plan"); name != "" {
			shown = append(shown, name)
			if plans[name] == "" {
				t.Errorf("%v: no test makes the plan %s", b, name)
			}
		}
		if b.what() != plan && strings.Contains(b.text, " # ocibao_") && strings.Contains(b.text, " will be ") {
			t.Errorf("%v: a plan without a mark, <!-- plan: NAME -->", b)
		}
	}
	for name := range plans {
		if !slices.Contains(shown, name) {
			t.Errorf("no document shows the plan %s", name)
		}
	}
}

// shows holds what a document shows as a plan against what was planned for an
// object.
func shows(t testing.TB, name string, planned acctest.Run, address string) {
	t.Helper()
	section, found := acctest.PlanSections(planned.Output)[address]
	if !found {
		t.Fatalf("nothing is planned for %s:\n%s", address, planned.Output)
	}
	showsText(t, name, acctest.Steady(section)+"\n")
}

// showsText holds what a document shows against what was printed.
func showsText(t testing.TB, name, want string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(plans[name]))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(content), "<!-- plan: "+name+" -->\n```text\n")
	written, tail, ended := strings.Cut("\n"+rest, "\n```\n")
	written = strings.TrimPrefix(written+"\n", "\n")
	switch {
	case !found || !ended:
		t.Fatalf("%s has no block for the plan %s", plans[name], name)
	case written == want:
	case os.Getenv(updateGuides) == "":
		t.Errorf("the plan %s in %s is stale; run this test with %s=1, then make generate:\n%s", name, plans[name], updateGuides, want)
	default:
		text := head + "<!-- plan: " + name + " -->\n```text\n" + want + "```\n" + tail
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
}

const rotated = `{"access_key_id":"AKIAROTATED000000001","secret_access_key":"second"}`

// The README's first configuration, after a rotation in OCI.
func TestPlans_README(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	ids, err := h.OCI.SeedGuide()
	if err != nil {
		t.Fatal(err)
	}
	h.Configure(firstConfiguration(t, "README.md"))
	h.Work.Env = append(h.Work.Env, "TF_VAR_compartment_id="+h.OCI.CompartmentID)
	h.Write("variables.tf", "variable \"compartment_id\" {\n  type = string\n}\n")
	h.Apply()
	h.Rotate(ids["cloud_provider_a"], rotated)
	shows(t, "readme", h.Plan(2), `ocibao_migrated_secret.credentials["cloud_provider_a"]`)
}

// firstConfiguration is the first block of a document that is one.
func firstConfiguration(t testing.TB, file string) string {
	t.Helper()
	for _, b := range fromFile(t, file) {
		if b.what() == configuration {
			return b.text
		}
	}
	t.Fatalf("%s has no configuration", file)
	return ""
}

func fromFile(t testing.TB, file string) []block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return blocks(file, string(content))
}

// Freezing as the guide tells: what followed the stage is pinned to the version
// that stands in OpenBao, after OCI has gone on.
func TestPlans_Freeze(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	frozen := ""
	for _, b := range fromFile(t, "docs/guides/cut-over-and-leaving.md") {
		if strings.Contains(b.text, "version_number = 1\n") {
			frozen = strings.NewReplacer("var.secret_id", fmt.Sprintf("%q", id), "ocibao_kv_mount.credentials.path", `"credentials"`).Replace(b.text)
		}
	}
	following := strings.Replace(frozen, "  version_number = 1\n", "", 1)
	if frozen == following {
		t.Fatal("the guide freezes nothing")
	}
	h.Configure(following)
	h.Apply()
	h.Rotate(id, rotated)
	h.Configure(frozen)
	shows(t, "freeze", h.Plan(2), "ocibao_migrated_secret.provider_a")
	h.Proxy.Reset()
	h.Apply()
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("freezing wrote %v", writes)
	}
}
