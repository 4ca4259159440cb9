package main

import (
	"context"
	"fmt"
	"strings"
)

func planFirst(ctx context.Context, s *stage) ([]string, error) {
	output, err := s.plan(ctx, "first", 2)
	if err != nil {
		return nil, err
	}
	return pick(output, "# ocibao_", "Plan:"), nil
}

func applyFirst(ctx context.Context, s *stage) ([]string, error) {
	output, err := s.apply(ctx, "first")
	if err != nil {
		return nil, err
	}
	return pick(output, "Apply complete!"), nil
}

// planNothing makes the step of a plan that must be empty.
func planNothing(name string) func(context.Context, *stage) ([]string, error) {
	return func(ctx context.Context, s *stage) ([]string, error) {
		output, err := s.plan(ctx, name, 0)
		if err != nil {
			return nil, err
		}
		for _, line := range pick(output, "No changes.") {
			return []string{"exit code 0: " + line}, nil
		}
		return nil, fmt.Errorf("the plan does not say that there is nothing to do:\n%s", output)
	}
}

// contains fails unless a text has all these parts, whatever the white space.
func contains(text string, parts ...string) error {
	flat := strings.Join(strings.Fields(text), " ")
	for _, part := range parts {
		if !strings.Contains(flat, part) {
			return fmt.Errorf("%q is missing in:\n%s", part, text)
		}
	}
	return nil
}
