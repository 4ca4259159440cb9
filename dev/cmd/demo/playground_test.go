package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestCommands(t *testing.T) {
	oci, err := acctest.StartOCI(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVault(oci)
	if err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct{ line, says string }{
		{"rotate cloud_provider_a", "cloud_provider_a has version 2"},
		{`rotate cloud_provider_a {"a": "b  c"}`, "cloud_provider_a has version 3"},
		{"rotate cloud_provider_z", "there are cloud_provider_a, cloud_provider_b, cloud_provider_c"},
		{"rotate", "usage: rotate NAME [CONTENT]"},
		{"add cloud_provider_d text", "cloud_provider_d has version 1"},
		{"add cloud_provider_e", "usage: add NAME CONTENT"},
		{"add cloud_provider_d again", "cloud_provider_d"},
		{"rotate cloud_provider_d", "cloud_provider_d has version 2"},
		{"schedule cloud_provider_b", "PENDING_DELETION"},
		{"list", "cloud_provider_b     version 1   PENDING_DELETION"},
		{"cancel cloud_provider_b", "cloud_provider_b is ACTIVE"},
		{"cancel cloud_provider_b", "no deletion is scheduled"},
		{"delete cloud_provider_c", "cloud_provider_c is gone"},
		{"list", "cloud_provider_a     version 3   ACTIVE"},
		{"help", "rotate NAME [CONTENT]"},
		{"explode", `unknown command "explode"; help lists them`},
		{"  ", ""},
		{"quit", "quit"},
	} {
		answer, err := execute(v, try.line)
		if err != nil {
			answer = err.Error()
		}
		if !strings.Contains(answer, try.says) {
			t.Errorf("%q: got %q, want %q", try.line, answer, try.says)
		}
	}
	if got := v.contents["cloud_provider_a"][2]; got != `{"a": "b  c"}` {
		t.Errorf("the content is %q", got)
	}
	if before, after := fieldsOf(acctest.GuideSecretA), fieldsOf(v.contents["cloud_provider_a"][1]); len(after) != len(before) || after["access_key_id"] == before["access_key_id"] {
		t.Errorf("a rotation made %v", after)
	}
	if got := v.list(); strings.Contains(got, "cloud_provider_c") {
		t.Errorf("a deleted secret is listed:\n%s", got)
	}
}

// The environment that is printed is all that a shell needs.
func TestPlayground(t *testing.T) {
	left := temporaryFiles(t)
	stdin, typed := io.Pipe()
	printed, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(t.Context(), []string{"playground"}, stdin, out)
		_ = out.Close()
	}()
	say := func(line string) {
		if _, err := io.WriteString(typed, line+"\n"); err != nil {
			t.Error(err)
		}
	}
	scanner := bufio.NewScanner(printed)
	until := func(text string) string {
		for scanner.Scan() {
			if strings.Contains(scanner.Text(), text) {
				return strings.TrimSpace(scanner.Text())
			}
		}
		t.Fatalf("%q is not printed", text)
		return ""
	}
	enter := until("  cd ")
	plan := until("plan       #")
	apply := until(" apply")
	curl := until("curl ")
	until("Ctrl-C stops")
	shell := func(line string) string {
		command := exec.CommandContext(t.Context(), "sh", "-c", enter+" && "+line)
		output, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", line, err, output)
		}
		return string(output)
	}
	shell(apply + " -no-color -auto-approve <&-")
	say("rotate cloud_provider_a")
	until("cloud_provider_a has version 2")
	shell(curl)
	if output := shell(strings.Replace(plan, " plan ", " plan -no-color ", 1)); contains(output, "version_number = 1 -> 2", `"destination_modified" -> "none"`) != nil {
		t.Errorf("the plan is:\n%s", output)
	}
	say("quit")
	until("The servers are stopped")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if files := left(); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

// With nothing to read, a playground runs until it is interrupted.
func TestPlayground_WithoutInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		obey(ctx, newPrinter(io.Discard), nil, bytes.NewReader(nil))
		close(ended)
	}()
	select {
	case <-ended:
		t.Fatal("it ends with its input")
	case <-time.After(100 * time.Millisecond):
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}
