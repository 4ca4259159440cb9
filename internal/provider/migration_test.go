package provider_test

import (
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

// bulk is a configuration of one bulk migration with these pins.
func bulk(pins map[string]string, extra ...string) string {
	var entries strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		fmt.Fprintf(&entries, "    %q = %q\n", name, pins[name])
	}
	return fmt.Sprintf(`
resource "ocibao_migration" "all" {
  mount = "credentials"
  secrets = {
%s  }
  %s
}
`, entries.String(), strings.Join(extra, "\n  "))
}

// ten adds ten secrets and returns pins of their first versions, by name.
func ten(h *acctest.Harness) map[string]string {
	h.Helper()
	pins := map[string]string{}
	for i := range 10 {
		name := fmt.Sprintf("app-%d", i)
		pins[name] = h.Secret(name, fmt.Sprintf(`{"password":"value-%d"}`, i)) + "@1"
	}
	return pins
}

// valueOnKV reads values of the mount credentials, of that version of KV.
func valueOnKV(h *acctest.Harness, version string) func(name string) string {
	read := h.KV2
	if version == "1" {
		read = h.KV1
	}
	return func(name string) string { return read("credentials", name) }
}

func TestMigration(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		t.Run("KV v"+version, func(t *testing.T) {
			h := acctest.New(t)
			h.MountKV("credentials", version)
			value := valueOnKV(h, version)
			pins := ten(h)
			h.Configure(bulk(pins))
			h.Contains(h.Plan(2), `"app-3" = "`+pins["app-3"]+`"`, "1 to add")
			h.Apply()
			h.Proxy.Reset()
			h.OCI.Reset()
			h.Plan(0)
			if writes := h.Proxy.Writes(); len(writes) > 0 {
				t.Errorf("a plan wrote: %v", writes)
			}
			if got := h.OCI.Count(""); version == "2" && got != 10 {
				t.Errorf("%d requests at the source for 10 secrets", got)
			}
			for i := range 10 {
				if got := value(fmt.Sprintf("app-%d", i)); got != fmt.Sprintf(`{"password":"value-%d"}`, i) {
					t.Errorf("app-%d: stored %s", i, got)
				}
			}
			// A new pin, a new name, one taken out and one edited by hand.
			id, _, _ := strings.Cut(pins["app-3"], "@")
			h.Rotate(id, `{"password":"second"}`)
			pins["app-3"] = id + "@2"
			pins["team/app-4"] = pins["app-4"]
			delete(pins, "app-4")
			if version == "1" {
				h.Operator(http.MethodPost, "credentials/app-5", map[string]string{"by": "hand"})
			} else {
				h.Operator(http.MethodPost, "credentials/data/app-5", map[string]any{"data": map[string]string{"by": "hand"}})
			}
			h.Configure(bulk(pins))
			plan := h.Plan(2)
			h.Contains(plan, `~ "app-3" = "`+id+`@1" -> "`+id+`@2"`, `+ "team/app-4"`, `- "app-4"`,
				`- "app-5" = "destination_modified" -> null`, "credentials/app-4", "Secret stays in OpenBao")
			h.Lacks(plan, "second", "by hand")
			h.Apply()
			h.Plan(0)
			if value("app-3") != `{"password":"second"}` || value("team/app-4") == "" || value("app-4") == "" || value("app-5") != `{"password":"value-5"}` {
				t.Errorf("got %s, %s, %s, %s", value("app-3"), value("team/app-4"), value("app-4"), value("app-5"))
			}
		})
	}
}

// One failure does not stop the others; what failed is listed with its reason,
// and the next apply does only the rest.
func TestMigration_PartialFailures(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	pins["gone"] = strings.Replace(pins["app-0"], "@1", "@9", 1)
	pins["taken"] = pins["app-1"]
	h.Operator(http.MethodPost, "credentials/data/taken", map[string]any{"data": map[string]string{"foreign": "value"}})
	pins["broken"] = h.Secret("broken", `{"a":1,"a":2}`) + "@1"
	h.Configure(bulk(pins, `formats = { broken = "json" }`))
	h.Contains(h.Plan(2), "Secrets that apply will refuse", `"taken" (`+pins["taken"]+`): the path holds other content`)
	run := h.ApplyFails("Unable to migrate 3 of 13 secrets of credentials", `"gone" (`+pins["gone"]+`):`, `"taken" (`+pins["taken"]+`): the path holds other content`,
		`"broken"`, `the member "a" occurs twice`, "The others were migrated", "Run apply again")
	if got := strings.Count(run.Output, "Error:"); got != 1 {
		t.Errorf("%d errors, want one", got)
	}
	for i := range 10 {
		if h.KV2("credentials", fmt.Sprintf("app-%d", i)) == "" {
			t.Errorf("app-%d did not arrive", i)
		}
	}
	if strings.Contains(h.Work.Read("terraform.tfstate"), "tainted") {
		t.Error("a failed create left something tainted")
	}
	for _, name := range []string{"gone", "taken", "broken"} {
		delete(pins, name)
	}
	h.Configure(bulk(pins))
	h.Proxy.Reset()
	h.Apply()
	for _, write := range h.Proxy.Writes() {
		if write.Status < 300 {
			t.Errorf("what was there was written again: %s %s", write.Method, write.Path)
		}
	}
	h.Plan(0)
	// A failed update keeps the true state of each entry.
	id, _, _ := strings.Cut(pins["app-3"], "@")
	h.Rotate(id, `{"password":"second"}`)
	pins["app-3"] = id + "@2"
	pins["taken"] = pins["app-1"]
	h.Configure(bulk(pins))
	h.ApplyFails("Unable to migrate 1 of 11 secrets", `"taken"`)
	if h.KV2("credentials", "app-3") != `{"password":"second"}` {
		t.Error("the other change was not made")
	}
	plan := h.Plan(2)
	h.Contains(plan, `+ "taken"`)
	h.Lacks(plan, `~ "app-3"`, "destination_modified")
}

// Many single secrets and one bulk migration take over from each other without a
// write.
func TestMigration_FromSingleSecretsAndBack(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	var single strings.Builder
	for name, pin := range pins {
		id, _, _ := strings.Cut(pin, "@")
		fmt.Fprintf(&single, "\nresource \"ocibao_migrated_secret\" %q {\n  secret_id = %q\n  version_number = 1\n  mount = \"credentials\"\n  name = %q\n}\n", name, id, name)
	}
	h.Configure(single.String())
	h.Apply()
	for _, config := range []string{bulk(pins), single.String(), bulk(pins)} {
		h.Configure(config)
		h.Proxy.Reset()
		h.Apply()
		h.Plan(0)
		for _, write := range h.Proxy.Writes() {
			if write.Status < 300 {
				t.Errorf("written: %s %s", write.Method, write.Path)
			}
		}
	}
	// After a lost state the marks of the mount are enough.
	if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	h.Operator(http.MethodPost, "credentials/data/foreign", map[string]any{"data": map[string]string{"a": "b"}})
	if run := h.CLI("import", "ocibao_migration.all", "credentials"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	h.Plan(0)
}

func TestMigration_Leaving(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	h.MountKV("other", "2")
	pins := ten(h)
	h.Configure(bulk(pins, `on_destroy = "destroy"`))
	h.Apply()
	// To another mount: everything stands there before the old places go.
	h.Write("main.tf", strings.Replace(h.Work.Read("main.tf"), `mount = "credentials"`, `mount = "other"`, 1))
	h.Contains(h.Plan(2), `~ mount = "credentials" -> "other"`)
	h.Apply()
	h.Plan(0)
	if h.KV2("other", "app-7") == "" || h.KV2("credentials", "app-7") != "" {
		t.Error("the secrets did not move")
	}
	h.Operator(http.MethodPost, "other/data/app-7", map[string]any{"data": map[string]string{"by": "hand"}})
	run := h.CLI("destroy", "-auto-approve")
	h.Contains(run, "Unable to delete 1 of 10 secrets of other", `"app-7"`)
	if run.ExitCode != 1 || h.KV2("other", "app-7") != `{"by":"hand"}` || h.KV2("other", "app-6") != "" {
		t.Error("destroy deleted what somebody else wrote, or nothing")
	}
	h.Operator(http.MethodDelete, "other/metadata/app-7", nil)
	if run := h.CLI("destroy", "-auto-approve"); run.ExitCode != 0 {
		t.Error(run.Output)
	}
}

func TestMigration_BadInput(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	for name, test := range map[string]struct {
		secrets map[string]string
		extra   string
		want    []string
	}{
		"name":     {map[string]string{"a/": pins["app-1"]}, "", []string{"Invalid secret name", `"a/"`}},
		"no pin":   {map[string]string{"a": strings.TrimSuffix(pins["app-1"], "@1")}, "", []string{"Invalid pin", "<secret OCID>@<version number>", `"a" = `}},
		"format":   {map[string]string{"a": pins["app-1"]}, `formats = { b = "text" }`, []string{"Format without a secret", `"b"`}},
		"metadata": {map[string]string{"a": pins["app-1"]}, `custom_metadata = { team = null }`, []string{"Null Map Value"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Configure(bulk(test.secrets, test.extra))
			h.Contains(h.Plan(1), test.want...)
		})
	}
}

// What is wrong in a map that an expression makes is named with its keys, in one
// error of each kind.
func TestMigration_BadPins(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := ten(h)
	id, _, _ := strings.Cut(pins["app-1"], "@")
	expression := fmt.Sprintf(`merge({ for i in range(60) : "app-${i}" => %q }, { "a//b" = %q, "/c" = %q, "left-out" = null })`, id, pins["app-1"], pins["app-2"])
	h.Configure(strings.Replace(bulk(nil), "{\n  }", expression, 1))
	run := h.Plan(1)
	h.Contains(run, `name "a//b" has an empty segment`, `name "/c" begins with a slash`, `"app-0": "`+id+`" is no pin`, "and 11 more", "its ids have no version number")
	if got := strings.Count(run.Output, "Error:"); got != 2 {
		t.Errorf("%d errors, want one of each kind", got)
	}
	h.Configure(strings.Replace(bulk(nil), "{\n  }", fmt.Sprintf(`{ "app-1" = %q, "left-out" = null }`, pins["app-1"]), 1))
	h.Contains(h.Plan(1), "Invalid pin", `"left-out" is null`)
}

// An update that failed for one secret does not count as done for it: the
// arguments hold for all in the state, and not for what stands there.
func TestMigration_FailedChangeOfForm(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2"} {
		t.Run("KV v"+version, func(t *testing.T) {
			h := acctest.New(t)
			h.MountKV("credentials", version)
			value := valueOnKV(h, version)
			pins := ten(h)
			h.Configure(bulk(pins))
			h.Apply()
			h.Proxy.Before(func(r acctest.Request) bool { return r.Writes() && strings.HasSuffix(r.Path, "/app-3") })
			h.Configure(bulk(pins, `format = "text"`, `key = "whole"`))
			for range 2 {
				h.ApplyFails(`"app-3" (` + pins["app-3"] + `)`)
				if got := value("app-4"); got != `{"whole":"{\"password\":\"value-4\"}"}` {
					t.Errorf("app-4: stored %s", got)
				}
			}
			h.Proxy.Before(nil)
			plan := h.Plan(2)
			h.Lacks(plan, "app-4", "destination_modified")
			if version == "2" {
				h.Contains(plan, `~ "app-3" = 1 -> (known after apply)`)
			}
			h.Proxy.Reset()
			h.Apply()
			for _, write := range h.Proxy.Writes() {
				if !strings.HasSuffix(write.Path, "/app-3") {
					t.Errorf("written again: %s %s", write.Method, write.Path)
				}
			}
			h.Plan(0)
			if got := value("app-3"); got != `{"whole":"{\"password\":\"value-3\"}"}` {
				t.Errorf("app-3: stored %s", got)
			}
		})
	}
}

// An import of secrets with several keys takes the most common one for all, and
// plans what does not fit.
func TestMigration_ImportOfSeveralKeys(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	var single strings.Builder
	pins := map[string]string{}
	for name, key := range map[string]string{"a": "token", "b": "token", "c": "certificate", "d": "secret"} {
		id := h.Secret(name, "plain text of "+name)
		pins[name] = id + "@1"
		fmt.Fprintf(&single, "\nresource \"ocibao_migrated_secret\" %[1]q {\n  secret_id = %[2]q\n  mount = \"credentials\"\n  name = %[1]q\n  key = %[3]q\n}\n", name, id, key)
	}
	pins["json"] = h.Secret("json", `{"user":"x"}`) + "@1"
	fmt.Fprintf(&single, "\nresource \"ocibao_migrated_secret\" \"json\" {\n  secret_id = %q\n  mount = \"credentials\"\n  name = \"json\"\n}\n", strings.TrimSuffix(pins["json"], "@1"))
	h.Configure(single.String())
	h.Apply()
	if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	h.Configure(bulk(pins, `key = "token"`))
	if run := h.CLI("import", "ocibao_migration.all", "credentials"); run.ExitCode != 0 {
		t.Fatal(run.Output)
	}
	plan := h.Plan(2)
	h.Contains(plan, `~ "c" = 1 -> (known after apply)`, `~ "d" = 1 -> (known after apply)`, "(3 unchanged elements hidden)")
	h.Lacks(plan, "destination_modified")
	h.Apply()
	h.Plan(0)
	if got := h.KV2("credentials", "c"); got != `{"token":"plain text of c"}` {
		t.Errorf("stored %s", got)
	}
}
