package doctest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// The shell blocks of the documentation run with a PATH that has only what is
// here: programs of the system that do no harm, the real command line, and this
// test program under the names of the others, which does in their place what a
// test can. So a block with a command that no test knows fails.

// Environment variables for the commands.
const (
	envRoot    = "OCIBAO_DOCTEST_ROOT"    // of the project
	envImports = "OCIBAO_DOCTEST_IMPORTS" // file that gets the arguments of each import
	envDry     = "OCIBAO_DOCTEST_DRY"     // if set, commands are checked and not run
	envOCI     = "OCIBAO_DOCTEST_OCI"     // URL of the emulator
)

// systemPrograms are taken from the machine.
var systemPrograms = []string{"base64", "cat", "mkdir", "rm"}

// commands are what this program does under other names.
var commands = map[string]func(args []string) error{
	"terraform": commandLine,
	"tofu":      commandLine,
	"make":      makeTargets,
	"git":       gitClone,
	"oci":       ociCommand,
	"bao":       baoCommand,
	"jq":        jqFilter,
	"go":        goInstall,
	"dlv":       debugger,
}

func TestMain(m *testing.M) {
	command, found := commands[filepath.Base(os.Args[0])]
	if !found {
		os.Exit(m.Run())
	}
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func dry() bool { return os.Getenv(envDry) != "" }

// commandLine is terraform or tofu: the real one, but for imports, which are
// noted and looked at by the test.
func commandLine(args []string) error {
	if len(args) == 3 && args[0] == "import" {
		file, err := os.OpenFile(os.Getenv(envImports), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = fmt.Fprintln(file, args[1], args[2])
		return err
	}
	cli := os.Getenv(acctest.EnvCLI)
	if dry() {
		return helped(cli, args)
	}
	return syscall.Exec(cli, append([]string{cli}, args...), os.Environ())
}

// helped holds a command against the help that the command line gives on it.
func helped(cli string, args []string) error {
	words := slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return strings.HasPrefix(arg, "-") || strings.ContainsAny(arg, "./=")
	})
	help, err := exec.Command(cli, append(words, "-help")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v is no command: %s", words, help)
	}
	for _, arg := range args {
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "-") && !strings.Contains(string(help), flag) {
			return fmt.Errorf("%v takes no %s", words, flag)
		}
	}
	return nil
}

// makeTargets checks that the targets exist. What they do is tested elsewhere.
func makeTargets(args []string) error {
	makefile, err := os.ReadFile(filepath.Join(os.Getenv(envRoot), "Makefile"))
	if err != nil {
		return err
	}
	for _, arg := range args {
		name, _, assigns := strings.Cut(arg, "=")
		pattern := `(?m)^` + regexp.QuoteMeta(name) + `:( |$)`
		if assigns {
			pattern = `\$\(` + regexp.QuoteMeta(name) + `\)`
		}
		if !regexp.MustCompile(pattern).Match(makefile) {
			return fmt.Errorf("the Makefile knows no %s", arg)
		}
	}
	return nil
}

// gitClone makes an empty directory of the name that a clone would have.
func gitClone(args []string) error {
	if len(args) != 2 || args[0] != "clone" || args[1] != "https://github.com/ocibao/terraform-provider-ocibao" {
		return fmt.Errorf("git %v is not known to the tests", args)
	}
	return os.MkdirAll(filepath.Base(args[1]), 0o700)
}

// goInstall checks that a program is installed by an exact version.
func goInstall(args []string) error {
	if len(args) != 2 || args[0] != "install" || !regexp.MustCompile(`^[a-z0-9./-]+@v\d+\.\d+\.\d+$`).MatchString(args[1]) {
		return fmt.Errorf("go %v is not known to the tests", args)
	}
	return nil
}

// debugger checks that the provider knows the flags with which it is debugged.
func debugger(args []string) error {
	main, err := os.ReadFile(filepath.Join(os.Getenv(envRoot), "main.go"))
	if err != nil {
		return err
	}
	if !slices.Equal(args, []string{"debug", ".", "--", "-debug"}) || !strings.Contains(string(main), `"debug"`) {
		return fmt.Errorf("dlv %v is not known to the tests", args)
	}
	return nil
}

// jqFilter evaluates the one filter that the guides use: whether no check of a
// plan failed.
func jqFilter(args []string) error {
	if !slices.Equal(args, []string{"-e", `all(.checks[]?; .status != "fail")`}) {
		return fmt.Errorf("jq %v is not known to the tests", args)
	}
	var plan struct{ Checks []struct{ Status string } }
	if err := json.NewDecoder(os.Stdin).Decode(&plan); err != nil {
		return err
	}
	for _, check := range plan.Checks {
		if check.Status == "fail" {
			return errors.New("false")
		}
	}
	return nil
}

// arguments are those of a command: words, and flags by name with one or two
// dashes, each with its value or "".
type arguments struct {
	words []string
	flags map[string][]string
}

// parse splits arguments. A flag in separate takes the next argument as its
// value; others have it behind an equals sign or have none.
func parse(args []string, separate ...string) arguments {
	parsed := arguments{flags: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		flag, dashed := strings.CutPrefix(args[i], "-")
		if !dashed || flag == "" {
			parsed.words = append(parsed.words, args[i])
			continue
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		if slices.Contains(separate, name) && i+1 < len(args) {
			i++
			value = args[i]
		}
		parsed.flags[name] = append(parsed.flags[name], value)
	}
	return parsed
}

func (a arguments) flag(name string) string {
	if values := a.flags[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// only reports flags that the command does not take.
func (a arguments) only(known ...string) error {
	for name := range a.flags {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the flag %s is not known to the tests", name)
		}
	}
	return nil
}
