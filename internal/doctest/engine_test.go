package doctest

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// engine is the command line of this run.
type engine struct {
	tofu  bool
	minor int // of version 1
}

var versionLine = regexp.MustCompile(`(Terraform|OpenTofu) v1\.(\d+)\.`)

var readEngine = sync.OnceValues(func() (engine, error) {
	output, err := exec.Command(os.Getenv(acctest.EnvCLI), "version").Output()
	if err != nil {
		return engine{}, err
	}
	parts := versionLine.FindStringSubmatch(string(output))
	if parts == nil {
		return engine{}, strconv.ErrSyntax
	}
	minor, err := strconv.Atoi(parts[2])
	return engine{parts[1] == "OpenTofu", minor}, err
})

func theEngine(t testing.TB) engine {
	t.Helper()
	e, err := readEngine()
	if err != nil {
		t.Fatalf("%s does not say its version: %v. Run the tests with: make test", acctest.EnvCLI, err)
	}
	return e
}

// What only some engines know. On the others a block with it must be refused,
// in words that name it.
var extras = []struct {
	pattern *regexp.Regexp
	since   func(engine) bool
	refusal string
}{
	{regexp.MustCompile(`(?m)^  identity += `), func(e engine) bool { return e.minor >= 12 }, "identity"},
	{regexp.MustCompile(`(?m)^(action "|  *action_trigger )`), func(e engine) bool { return !e.tofu && e.minor >= 14 }, "action"},
	{regexp.MustCompile(`(?m)^list "`), func(e engine) bool { return !e.tofu && e.minor >= 14 }, "-query"},
}

// lacks says how the engine refuses a configuration; "" when it knows all of it.
func (e engine) lacks(config string) string {
	for _, extra := range extras {
		if extra.pattern.MatchString(config) && !extra.since(e) {
			return extra.refusal
		}
	}
	return ""
}
