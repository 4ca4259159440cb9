package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// errQuit ends the playground.
var errQuit = errors.New("quit")

// commands change the emulated OCI Vault from the outside, as its console would.
// The name of a secret comes first; content is the rest of the line.
func commands() []command {
	return []command{
		{"list", "the secrets with version and state", func(v *vault, _, _ string) (string, error) { return v.list(), nil }},
		{"rotate NAME [CONTENT]", "a new version; without CONTENT the fields get new values", rotate},
		{"add NAME CONTENT", "a new secret", add},
		{"delete NAME", "the secret vanishes", remove},
		{"schedule NAME", "its deletion is scheduled, in 30 days", schedule},
		{"cancel NAME", "its deletion is cancelled", cancel},
		{"help", "this list", func(*vault, string, string) (string, error) { return help(), nil }},
		{"quit", "stops the servers and removes the directory", func(*vault, string, string) (string, error) { return "", errQuit }},
	}
}

// command is one line of help, with what it does.
type command struct {
	usage, does string
	run         func(v *vault, name, content string) (string, error)
}

func help() string {
	var b strings.Builder
	b.WriteString("Commands for the emulated OCI Vault, to type here:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-22s %s\n", c.usage, c.does)
	}
	return b.String()
}

// execute carries out a line and returns what to print.
func execute(v *vault, line string) (string, error) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if verb == "" {
		return "", nil
	}
	name, content, _ := strings.Cut(strings.TrimSpace(rest), " ")
	for _, c := range commands() {
		if known, _, _ := strings.Cut(c.usage, " "); known != verb {
			continue
		}
		if strings.Contains(c.usage, " NAME") && name == "" {
			return "", fmt.Errorf("usage: %s", c.usage)
		}
		return c.run(v, name, strings.TrimSpace(content))
	}
	return "", fmt.Errorf("unknown command %q; help lists them", verb)
}

func rotate(v *vault, name, content string) (string, error) {
	number, err := v.rotate(name, content)
	return fmt.Sprintf("%s has version %d", name, number), err
}

func add(v *vault, name, content string) (string, error) {
	if content == "" {
		return "", errors.New("usage: add NAME CONTENT")
	}
	return name + " has version 1", v.add(name, content)
}

func remove(v *vault, name, _ string) (string, error) {
	return v.change(name, "is gone", func(id string) error {
		delete(v.ids, name)
		return v.oci.Delete(id)
	})
}

// deletionPeriod is the longest that OCI allows.
const deletionPeriod = 30 * 24 * time.Hour

func schedule(v *vault, name, _ string) (string, error) {
	return v.change(name, "is PENDING_DELETION", func(id string) error {
		v.leaving[name] = true
		return v.oci.ScheduleDeletion(id, time.Now().Add(deletionPeriod))
	})
}

func cancel(v *vault, name, _ string) (string, error) {
	return v.change(name, "is ACTIVE", func(id string) error {
		delete(v.leaving, name)
		return v.oci.CancelDeletion(id)
	})
}

// change changes a secret that exists, and says what it is then.
func (v *vault) change(name, then string, how func(id string) error) (string, error) {
	id, err := v.id(name)
	if err != nil {
		return "", err
	}
	return name + " " + then, how(id)
}

func (v *vault) list() string {
	var lines []string
	for _, name := range v.names() {
		state := "ACTIVE"
		if v.leaving[name] {
			state = "PENDING_DELETION"
		}
		lines = append(lines, fmt.Sprintf("%-20s version %-3d %-17s %s", name, len(v.contents[name]), state, v.ids[name]))
	}
	return strings.Join(lines, "\n")
}
