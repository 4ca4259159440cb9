package doctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// session is a directory in which shell blocks run, with a server and an
// emulator behind the commands.
type session struct {
	*acctest.Harness
	replace *strings.Replacer // placeholders of the documents by real values
	env     []string
	imports string // file with the imports that were asked for
}

// newSession starts servers and makes a directory with a configuration that has
// a provider and no objects.
func newSession(t *testing.T) *session {
	t.Helper()
	h := acctest.New(t)
	h.Configure("")
	s := &session{Harness: h, imports: filepath.Join(h.TempDir(), "imports")}
	s.replace = strings.NewReplacer(
		"ocid1.compartment.oc1..aaaaaaaaexample", h.OCI.CompartmentID,
		"https://bao.example.com:8200", h.Proxy.URL,
		"s.example", acctest.RootToken,
	)
	project, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "PATH="+programs(t), "HOME="+h.TempDir(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		acctest.EnvCLI+"="+os.Getenv(acctest.EnvCLI), acctest.EnvBao+"="+os.Getenv(acctest.EnvBao), envRoot+"="+project, envImports+"="+s.imports, envOCI+"="+h.OCI.URL,
		"BAO_ADDR="+h.Proxy.URL, "BAO_TOKEN="+acctest.RootToken)
	s.env = append(s.env, h.Work.Env...)
	return s
}

// programs is a directory with everything that a block may call.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name := range commands {
		link(own, name)
	}
	for _, name := range systemPrograms {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatalf("%v; install it, for example with: apt-get install coreutils", err)
		}
		link(path, name)
	}
	return dir
}

// run runs blocks one after the other in one shell, which ends at the first
// command that fails, and gives what they print.
func (s *session) run(env []string, texts ...string) string {
	s.Helper()
	script := "set -euo pipefail\n" + s.replace.Replace(strings.Join(texts, "\n"))
	bash, err := exec.LookPath("bash")
	if err != nil {
		s.Fatalf("%v; install it, for example with: apt-get install bash", err)
	}
	command := exec.CommandContext(s.Context(), bash, "-c", script)
	command.Dir = s.Work.Dir
	command.Env = append(append([]string{}, s.env...), env...)
	output, err := command.CombinedOutput()
	if err != nil {
		s.Fatalf("%v\n%s\n%s", err, output, script)
	}
	return string(output)
}

// Every shell block runs: those of a document one after the other in one shell,
// against the test servers. Those that cannot, and say why, are checked for
// their syntax and for commands that exist.
func TestShell_Runs(t *testing.T) {
	t.Parallel()
	files := map[string][]block{}
	for _, b := range documented(t) {
		if b.what() == shell && b.file != stepGuide {
			files[b.file] = append(files[b.file], b)
		}
	}
	if len(files) < 8 {
		t.Errorf("only %d documents have shell blocks", len(files))
	}
	for file, blocks := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			after := s.prepare(file)
			s.run([]string{envDry + "=1"}, texts(blocks, false)...)
			s.run(nil, texts(blocks, true)...)
			after()
			s.checkImports()
			for _, b := range blocks {
				checkVariables(t, b)
			}
		})
	}
}

// texts are those of the blocks that can be run, or of the others.
func texts(blocks []block, runnable bool) []string {
	var chosen []string
	for _, b := range blocks {
		if (b.marked("not run") == "") == runnable {
			chosen = append(chosen, b.text)
		}
	}
	return chosen
}

// prepare makes what the shell blocks of a document find there, and gives what
// is to be looked at when they have run.
func (s *session) prepare(file string) (after func()) {
	s.Helper()
	switch file {
	case "docs/guides/cut-over-and-leaving.md":
		s.MountKV("credentials", "2")
		s.Configure(fmt.Sprintf("resource \"ocibao_migrated_secret\" \"a\" {\n  secret_id = %q\n  mount = \"credentials\"\n  name = \"provider-a\"\n}\n",
			s.Secret("cloud_provider_a", acctest.GuideSecretA)))
		s.Apply()
		return func() {
			metadata := s.Data("credentials/metadata/provider-a")
			if mark, _ := metadata["custom_metadata"].(map[string]any); metadata == nil || len(mark) > 0 {
				s.Errorf("the guide leaves %v behind", mark)
			}
		}
	case endpointsGuide:
		// The blocks before tell the command line to take the provider from a mirror.
		s.Write("main.tf", requiredProviders)
		s.env = append(s.env, "TF_CLI_CONFIG_FILE="+s.mirrored())
	}
	return func() {}
}

var exported = regexp.MustCompile(`(?m)^export ((?:OCI|BAO|VAULT|TF_VAR)_\w+)=`)

// checkVariables holds the variables that a block sets against the reference of
// the provider block. compartment_id is the variable of the examples.
func checkVariables(t *testing.T, b block) {
	t.Helper()
	reference, err := os.ReadFile(filepath.Join(root, "docs", "index.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range exported.FindAllStringSubmatch(b.text, -1) {
		if name[1] != "TF_VAR_compartment_id" && !strings.Contains(string(reference), "`"+name[1]+"`") {
			t.Errorf("%v: the provider does not know the variable %s", b, name[1])
		}
	}
}
