package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// cli runs a command of the CLI, keeps what it prints for the scan, and fails
// unless it ends with the exit code that is wanted.
func (s *stage) cli(ctx context.Context, want int, args ...string) (string, error) {
	run, err := s.work.CLI(ctx, args...)
	if ctx.Err() != nil {
		s.sweep()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", args[0], err, run.Output)
	}
	s.ran++
	kept := filepath.Join(s.logDir(), fmt.Sprintf("%02d-%s.txt", s.ran, args[0]))
	if err := os.WriteFile(kept, []byte(run.Output), 0o600); err != nil {
		return "", err
	}
	if run.ExitCode != want {
		return "", fmt.Errorf("%s ended with exit code %d, want %d:\n%s", strings.Join(args, " "), run.ExitCode, want, run.Output)
	}
	return run.Output, nil
}

// plan makes a plan, and saves it with its JSON form for the scan.
func (s *stage) plan(ctx context.Context, name string, want int) (string, error) {
	file := name + ".tfplan"
	output, err := s.cli(ctx, want, "plan", "-input=false", "-detailed-exitcode", "-out="+file)
	if err != nil {
		return "", err
	}
	_, err = s.cli(ctx, 0, "show", "-json", file)
	return output, err
}

// apply applies a saved plan.
func (s *stage) apply(ctx context.Context, name string) (string, error) {
	return s.cli(ctx, 0, "apply", "-input=false", name+".tfplan")
}

// outputs are what the configuration gives to the application.
type outputs struct {
	RoleID        struct{ Value string }            `json:"role_id"`
	WrappingToken struct{ Value string }            `json:"wrapping_token"`
	APIPaths      struct{ Value map[string]string } `json:"api_paths"`
}

func (s *stage) outputs(ctx context.Context) (outputs, error) {
	var given outputs
	output, err := s.cli(ctx, 0, "output", "-json")
	if err != nil {
		return given, err
	}
	if err := json.Unmarshal([]byte(output), &given); err != nil {
		return given, fmt.Errorf("output -json: %w\n%s", err, output)
	}
	return given, nil
}

// pick takes the lines of an output that begin with one of these texts, without
// the white space at the ends.
func pick(output string, beginnings ...string) []string {
	var picked []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, beginning := range beginnings {
			if strings.HasPrefix(line, beginning) {
				picked = append(picked, line)
				break
			}
		}
	}
	return picked
}

// resourceChange is what a plan says about one resource: the lines from its
// heading to the next.
func resourceChange(output, address string) string {
	_, from, found := strings.Cut(output, "# "+address+" ")
	if !found {
		return ""
	}
	change, _, _ := strings.Cut(from, "\n  # ")
	return change
}
