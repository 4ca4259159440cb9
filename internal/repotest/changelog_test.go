package repotest

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fragment is the form of a changelog fragment: three lines, in this order.
// changie itself asks for less.
var fragment = regexp.MustCompile(`^kind: (\w+)\nbody: (.+)\ntime: (\S+)\n$`)

// What YAML takes for more than text, unless it is between quotes.
var (
	quoted      = regexp.MustCompile(`^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")$`)
	needsQuotes = regexp.MustCompile("^['\"`*&!|>%@\\[{#?,-]|: | #|:$")
)

// Every changelog fragment is one sentence, or a few, of a kind that
// .changie.yaml knows, in a file named after it.
func TestChangelog_FragmentsAreWellFormed(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{}
	for _, kind := range regexp.MustCompile(`- label: (\w+)`).FindAllStringSubmatch(read(t, ".changie.yaml"), -1) {
		kinds[kind[1]] = true
	}
	if !kinds["Added"] || !kinds["Fixed"] {
		t.Fatalf(".changie.yaml has the kinds %v", kinds)
	}
	for _, name := range glob(t, ".changes/unreleased/*.yaml") {
		if problem := fragmentProblem(filepath.Base(name), read(t, name), kinds); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// fragmentProblem says what is wrong with a fragment; "" when nothing is.
func fragmentProblem(name, content string, kinds map[string]bool) string {
	parts := fragment.FindStringSubmatch(content)
	if parts == nil {
		return "it is not the three lines kind, body, time"
	}
	kind, body, written := parts[1], parts[2], parts[3]
	if !quoted.MatchString(body) && needsQuotes.MatchString(body) {
		return "its body means something else in YAML: put it between single quotes"
	}
	body = strings.Trim(body, `'"`)
	if !kinds[kind] {
		return ".changie.yaml has no kind " + kind
	}
	if !strings.HasPrefix(name, kind+"-") {
		return "its name does not begin with " + kind + "-"
	}
	if !strings.HasSuffix(body, ".") {
		return "its body does not end like a sentence"
	}
	if _, err := time.Parse(time.RFC3339, written); err != nil {
		return err.Error()
	}
	return ""
}

func TestFragmentProblem_FindsEachMistake(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{"Added": true}
	const good = "kind: Added\nbody: Something new.\ntime: 2026-11-20T09:00:00Z\n"
	if problem := fragmentProblem("Added-new.yaml", good, kinds); problem != "" {
		t.Errorf("the good one: %s", problem)
	}
	for _, test := range []struct{ name, old, changed string }{
		{"Fixed-new.yaml", "", ""},
		{"Added-new.yaml", "kind: Added", "kind: Invented"},
		{"Added-new.yaml", "new.", "new"},
		{"Added-new.yaml", "T09", "T25"},
		{"Added-new.yaml", "body", "text"},
		{"Added-new.yaml", "Something", "Something: or"},
		{"Added-new.yaml", "Something", "`Something`"},
		{"Added-new.yaml", "Something new.", "'Something's new.'"},
	} {
		if fragmentProblem(test.name, strings.Replace(good, test.old, test.changed, 1), kinds) == "" {
			t.Errorf("%s with %q in place of %q passes", test.name, test.changed, test.old)
		}
	}
}
