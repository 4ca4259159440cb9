package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

var pipelineCommand = regexp.MustCompile(`(?m)^ *- (?:run: )?(?:tofu|terraform) (.*)$`)

// What pipelines run of the command line, it knows.
func TestPipelines_RunWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, b := range documented(t) {
		if b.what() != pipeline {
			continue
		}
		found := pipelineCommand.FindAllStringSubmatch(b.text, -1)
		if len(found) == 0 {
			t.Errorf("%v: no command was found", b)
		}
		for _, command := range found {
			if err := helped(os.Getenv(acctest.EnvCLI), strings.Fields(command[1])); err != nil {
				t.Errorf("%v: %v", b, err)
			}
		}
	}
}

// Fragments of the changelog are of a kind that there is.
func TestFragments_HaveAKind(t *testing.T) {
	t.Parallel()
	kinds, err := os.ReadFile(filepath.Join(root, ".changie.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	shape := regexp.MustCompile(`^kind: (\w+)\nbody: .+\.\ntime: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$`)
	for _, b := range documented(t) {
		if b.what() != fragment {
			continue
		}
		parts := shape.FindStringSubmatch(b.text)
		if parts == nil || !strings.Contains(string(kinds), "label: "+parts[1]+"\n") {
			t.Errorf("%v: not a fragment as .changie.yaml has them:\n%s", b, b.text)
		}
	}
}
