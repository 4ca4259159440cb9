package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// Every configuration that the documentation shows is valid with the real
// provider and laid out as the formatter does; what this engine does not know of
// it is refused.
func TestConfigurations_AreValid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	work := workspace(t, dir)
	all := documented(t)
	siblings := map[string][]string{}
	for _, b := range all {
		if b.what() == configuration {
			siblings[b.file] = append(siblings[b.file], b.text)
		}
	}
	for i, b := range all {
		file := "main.tf"
		switch b.what() {
		case configuration:
		case query:
			file = "main.tfquery.hcl"
		default:
			continue
		}
		name := fmt.Sprintf("%03d", i)
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := work.Write(filepath.Join(name, "block.tf"), b.text); err != nil {
			t.Fatal(err)
		}
		t.Run(b.String(), func(t *testing.T) {
			t.Parallel()
			validate(t, file, b.text, siblings[b.file])
		})
	}
	if run, err := work.CLI(t.Context(), "fmt", "-check", "-diff", "-recursive"); err != nil || run.ExitCode != 0 {
		t.Errorf("not as the formatter lays it out: %v\n%s", err, run.Output)
	}
}

func workspace(t testing.TB, dir string) *acctest.Workspace {
	t.Helper()
	work, err := acctest.NewWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	return work
}

func validate(t *testing.T, file, text string, siblings []string) {
	t.Helper()
	work := workspace(t, t.TempDir())
	config := text
	args := []string{"validate"}
	if file == "main.tf" {
		config = complete(t, text, siblings)
	} else {
		// A query stands next to a configuration, which names the provider.
		if err := work.Write("main.tf", requiredProviders); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-query")
	}
	if err := work.Write(file, config); err != nil {
		t.Fatal(err)
	}
	run, err := work.CLI(t.Context(), args...)
	refusal := theEngine(t).lacks(text)
	switch {
	case err != nil:
		t.Error(err)
	case refusal != "" && (run.ExitCode == 0 || !strings.Contains(run.Output, refusal)):
		t.Errorf("this engine should not know %s, but says:\n%s\n%s", refusal, run.Output, config)
	case refusal == "" && (run.ExitCode != 0 || strings.Contains(run.Output, "Warning")):
		t.Errorf("not valid:\n%s\n%s", run.Output, config)
	}
}
