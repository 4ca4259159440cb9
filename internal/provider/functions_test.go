package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// evaluates applies outputs and gives their values.
func evaluates(h *acctest.Harness, expressions ...string) []any {
	h.Helper()
	config := ""
	for i, expression := range expressions {
		config += fmt.Sprintf("\noutput \"o%d\" {\n  value = %s\n}\n", i, expression)
	}
	h.Configure(config)
	h.Apply()
	var outputs map[string]struct{ Value any }
	run := h.CLI("output", "-json")
	if err := json.Unmarshal([]byte(run.Output), &outputs); err != nil {
		h.Fatalf("%v\n%s", err, run.Output)
	}
	values := make([]any, len(expressions))
	for i := range expressions {
		values[i] = outputs[fmt.Sprintf("o%d", i)].Value
	}
	return values
}

func TestFunctions_KVPaths(t *testing.T) {
	h := started(t)
	h.MountKV("team/kv", "2")
	h.MountKV("old", "1")
	const name = "a b/100%/ü?#"
	got := evaluates(h,
		`provider::ocibao::kv_api_path("team/kv", 2, "a b/100%/ü?#")`, `provider::ocibao::kv_api_path("old", 1, "a b/100%/ü?#")`,
		`provider::ocibao::kv_acl_path("team/kv", 2, "a b/100%/ü?#")`, `provider::ocibao::kv_acl_path("old", 1, "a b/100%/ü?#")`)
	want := []any{"team/kv/data/a%20b/100%25/%C3%BC%3F%23", "old/a%20b/100%25/%C3%BC%3F%23", "team/kv/data/" + name, "old/" + name}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	// Both paths are what the server goes by.
	for i, body := range []any{map[string]any{"data": map[string]string{"x": "1"}}, map[string]string{"x": "1"}} {
		h.Operator(http.MethodPost, got[i].(string), body)
		token := tokenWith(h, fmt.Sprintf("path %q { capabilities = [\"read\"] }", got[i+2]))
		if status := statusOf(h, http.MethodGet, token, got[i].(string)); status != http.StatusOK {
			t.Errorf("%s: %d", got[i], status)
		}
	}
}

// A wrong argument is an error at the call, which says what to do.
func TestFunctions_BadInput(t *testing.T) {
	h := started(t)
	for call, want := range map[string][]string{
		`kv_api_path("kv/", 2, "a")`:                    {`Invalid value for "mount" parameter`, "remove the trailing slash"},
		`kv_acl_path("kv", 3, "a")`:                     {`Invalid value for "version" parameter`, "there is no KV version 3: write 1 or 2"},
		`kv_acl_path("kv", 2, "../a")`:                  {`Invalid value for "name" parameter`, `the segment ".."`},
		`kv_acl_path("kv", 1.5, "a")`:                   {`Invalid value for "version" parameter`},
		`policy_lint("x", { kv = 3 }, [])`:              {`Invalid value for "mounts" parameter`, `mount "kv": there is no KV version 3`},
		`policy_lint("x", { "/kv" = 2 }, [])`:           {`Invalid value for "mounts" parameter`, "remove the leading slash"},
		`policy_lint(null, {}, [])`:                     {`Invalid value for "policy" parameter`, "must not be null"},
		`policy_lint("x", { kv = 2 }, [null])`:          {`Invalid value for "managed" parameter`},
		`policy_lint("x", { kv = tonumber(null) }, [])`: {`Invalid value for "mounts" parameter`},
	} {
		h.Configure("\noutput \"o\" {\n  value = provider::ocibao::" + call + "\n}\n")
		run := h.CLI("plan", "-input=false")
		if errors := strings.Count(run.Output, "Error: "); run.ExitCode != 1 || errors != 1 {
			t.Errorf("%s: %d errors, exit code %d:\n%s", call, errors, run.ExitCode, run.Output)
		}
		h.Contains(run, append(want, "on main.tf line")...)
	}
}

// Every function is described and has an example that is valid.
func TestFunctions_Documented(t *testing.T) {
	t.Parallel()
	functions := schemas(t).Functions
	if len(functions) != 3 {
		t.Errorf("there are %d functions", len(functions))
	}
	for name, function := range functions {
		if function.Summary == "" || strings.HasSuffix(function.Summary, ".") || !strings.HasSuffix(function.Description, ".") {
			t.Errorf("%s: summary %q, description %q", name, function.Summary, function.Description)
		}
		for _, parameter := range function.Parameters {
			if len(parameter.Description) < 10 || !strings.HasSuffix(parameter.Description, ".") {
				t.Errorf("%s: parameter %s is described as %q", name, parameter.Name, parameter.Description)
			}
		}
	}
}
