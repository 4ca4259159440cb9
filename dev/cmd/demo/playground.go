package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// play starts what the demo starts, says how to use it, and carries out commands
// until it is told to quit, or interrupted.
func play(ctx context.Context, out *printer, stdin io.Reader) (err error) {
	s, err := newStage()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(out)) }()
	if err := perform(ctx, out, s, setUp()); err != nil {
		return err
	}
	if err := s.explain(out); err != nil {
		return err
	}
	obey(ctx, out, s.vault, stdin)
	return nil
}

// explain prints how to reach the servers and what to try, and writes the
// environment to a file for the shell.
func (s *stage) explain(out *printer) error {
	var exports strings.Builder
	for _, variable := range append([]string{"TF_CLI_CONFIG_FILE=" + filepath.Join(s.configDir(), ".cli.tfrc")}, s.env...) {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&exports, "export %s=%s\n", name, quoted(value))
	}
	if err := s.work.Write("env.sh", exports.String()); err != nil {
		return err
	}
	cli := cliName()
	out.line(`
The environment, which is also in env.sh next to main.tf:

%s
To try in another terminal:

  cd %s && . ./env.sh
  %s plan       # without init: the provider is the one in bin/
  %s apply

Then change something on either side, and plan again:

  curl -sH "X-Vault-Token: $BAO_TOKEN" -d '{"data":{"edited":"by hand"}}' $BAO_ADDR/v1/credentials/data/provider-b

%s
Ctrl-C stops the servers and removes the directory.
`, indented(exports.String()), quoted(s.configDir()), cli, cli, help())
	return nil
}

// cliName is how to call the CLI in a shell: by name where that finds the same.
func cliName() string {
	path := os.Getenv(acctest.EnvCLI)
	if found, err := exec.LookPath(filepath.Base(path)); err == nil && found == path {
		return filepath.Base(path)
	}
	return quoted(path)
}

// quoted is a word of a shell that stands for the text.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@", r)
	}
	if text != "" && strings.TrimFunc(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// obey carries out the commands that come in. When there are no more, as in the
// background, it waits for the signal that ends the playground.
func obey(ctx context.Context, out *printer, v *vault, stdin io.Reader) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdin); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		out.prompt()
		select {
		case <-ctx.Done():
			out.line("")
			return
		case line, open := <-lines:
			if !open {
				<-ctx.Done()
				return
			}
			answer, err := execute(v, line)
			if errors.Is(err, errQuit) {
				return
			}
			if err != nil {
				answer = err.Error()
			}
			if answer != "" {
				out.line("%s", answer)
			}
		}
	}
}
