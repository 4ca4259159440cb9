package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// asCommand has the test binary be the command.
const asCommand = "OCIBAO_TEST_DEMO_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command in a process of its own.
type process struct {
	*exec.Cmd
	t      *testing.T
	stdout *bufio.Scanner
	stderr bytes.Buffer
	// Everything that the command starts, and what that starts, inherits the
	// other end of this pipe. It ends when the last of them has ended.
	descendants *os.File
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), t: t}
	p.Env = append(os.Environ(), asCommand+"=1")
	p.Stderr = &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewScanner(out)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.descendants, p.ExtraFiles = read, []*os.File{write}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// until reads lines up to one that begins with a text.
func (p *process) until(beginning string) {
	p.t.Helper()
	for p.stdout.Scan() {
		if strings.HasPrefix(p.stdout.Text(), beginning) {
			return
		}
	}
	p.t.Fatalf("no line begins with %q\n%s", beginning, &p.stderr)
}

// ends waits for the exit code, and then for the end of all descendants.
func (p *process) ends(exitCode int) {
	p.t.Helper()
	late := time.AfterFunc(2*time.Minute, func() { _ = p.Process.Kill() })
	defer late.Stop()
	for p.stdout.Scan() {
		p.t.Log(p.stdout.Text())
	}
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != exitCode {
		p.t.Errorf("it ended with %d, want %d: %s", got, exitCode, &p.stderr)
	}
	_ = p.descendants.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, p.descendants); err != nil {
		p.t.Errorf("something that it started still runs: %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	for name, at := range map[string]struct {
		args     []string
		line     string
		signal   os.Signal
		exitCode int
	}{
		"while the server starts": {nil, "✓  1.", os.Interrupt, 1},
		"in a plan":               {nil, "✓  3.", os.Interrupt, 1},
		"in an apply":             {nil, "✓  4.", syscall.SIGTERM, 1},
		"in a playground":         {[]string{"playground"}, "Ctrl-C stops", os.Interrupt, 0},
		"in one that is killed":   {[]string{"playground"}, "Ctrl-C stops", syscall.SIGTERM, 0},
	} {
		t.Run(name, func(t *testing.T) {
			left := temporaryFiles(t)
			p := start(t, at.args...)
			p.until(at.line)
			// Into the step, not onto its edge.
			time.Sleep(50 * time.Millisecond)
			if err := p.Process.Signal(at.signal); err != nil {
				t.Fatal(err)
			}
			p.ends(at.exitCode)
			if at.exitCode != 0 && !strings.Contains(p.stderr.String(), "interrupted") {
				t.Errorf("it says %q", &p.stderr)
			}
			if files := left(); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

// A step that fails fails the command, and the CLI's own words are shown.
func TestFailingCommand(t *testing.T) {
	left := temporaryFiles(t)
	t.Setenv(acctest.EnvProviderDir, t.TempDir())
	p := start(t)
	p.until("✗  4.")
	p.ends(1)
	if text := p.stderr.String(); !strings.Contains(text, "step 4: plan") || !strings.Contains(text, "Error:") {
		t.Errorf("it says %q", text)
	}
	if files := left(); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}
