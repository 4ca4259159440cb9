package provider_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

var hclBlock = regexp.MustCompile("(?s)```hcl\n(.*?)```")

// Every configuration that the README shows is valid.
func TestREADME_ConfigurationsAreValid(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := hclBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 2 {
		t.Fatalf("only %d configurations were found", len(blocks))
	}
	for _, block := range blocks {
		validate(t, block[1])
	}
}

// Every example is valid, and each object of the provider has one.
func TestExamples_AreValid(t *testing.T) {
	t.Parallel()
	examples := filepath.Join("..", "..", "examples")
	response := schemas(t)
	for folder, names := range map[string][]string{
		"resources": keys(response.ResourceSchemas), "data-sources": keys(response.DataSourceSchemas),
		"ephemeral-resources": keys(response.EphemeralResourceSchemas),
	} {
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(examples, folder, name, strings.TrimSuffix(folder, "s")+".tf"))
			if err != nil {
				t.Error(err)
				continue
			}
			validate(t, string(content))
			if folder != "resources" {
				continue
			}
			if _, err := os.Stat(filepath.Join(examples, folder, name, "import.sh")); err != nil {
				t.Error(err)
			}
		}
	}
}

// Actions and queries, which only Terraform 1.14 and later knows, have examples
// as well. They stand apart: elsewhere an action is an error, and a query is left
// alone.
func TestExamples_OfNewerTerraform(t *testing.T) {
	t.Parallel()
	examples := filepath.Join("..", "..", "examples")
	response := schemas(t)
	for name := range response.ActionSchemas {
		work := workspaceOf(t, "main.tf", readFile(t, filepath.Join(examples, "actions", name, "action.tf")))
		run, err := work.CLI(t.Context(), "validate", "-no-color")
		switch {
		case err != nil:
			t.Fatal(err)
		case terraformMinor(t, work) >= 14 && run.ExitCode != 0:
			t.Errorf("%s: %s", name, run.Output)
		case terraformMinor(t, work) < 14 && !strings.Contains(run.Output, `Blocks of type "action" are not expected here`):
			t.Errorf("%s: %s", name, run.Output)
		}
	}
	for name := range response.ListResourceSchemas {
		work := workspaceOf(t, "example.tfquery.hcl", readFile(t, filepath.Join(examples, "list-resources", name, "list-resource.tfquery.hcl")))
		args := []string{"validate", "-no-color"}
		if terraformMinor(t, work) >= 14 {
			args = append(args, "-query")
		}
		if run, err := work.CLI(t.Context(), args...); err != nil || run.ExitCode != 0 {
			t.Errorf("%s: %v %s", name, err, run.Output)
		}
	}
}

// workspaceOf is a workspace with one file beside the provider's source and the
// variables that it uses.
func workspaceOf(t *testing.T, file, content string) *acctest.Workspace {
	t.Helper()
	work, err := acctest.NewWorkspace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	frame := "terraform {\n  required_providers {\n    ocibao = { source = \"ocibao/ocibao\" }\n  }\n}\n" +
		"variable \"compartment_id\" {\n  type = string\n}\n"
	for name, text := range map[string]string{"frame.tf": frame, file: content} {
		if err := work.Write(name, text); err != nil {
			t.Fatal(err)
		}
	}
	return work
}

func keys[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

// validate runs validate on a configuration, which may leave out the provider's
// source and variables that are plain strings.
func validate(t *testing.T, config string) {
	t.Helper()
	work, err := acctest.NewWorkspace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(config, "required_providers") {
		config += "\nterraform {\n  required_providers {\n    ocibao = { source = \"ocibao/ocibao\" }\n  }\n}\n"
	}
	for _, use := range regexp.MustCompile(`var\.(\w+)`).FindAllStringSubmatch(config, -1) {
		if declaration := "variable \"" + use[1] + "\""; !strings.Contains(config, declaration) {
			config += declaration + " {\n  type = string\n}\n"
		}
	}
	if err := work.Write("main.tf", config); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate", "-no-color"}, {"fmt", "-check", "-diff", "main.tf"}} {
		if run, err := work.CLI(t.Context(), args...); err != nil || run.ExitCode != 0 {
			t.Errorf("%v: %v\n%s\n%s", args, err, run.Output, config)
		}
	}
}
