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
