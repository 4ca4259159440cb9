package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unsaid  = regexp.MustCompile("[^a-z0-9 _-]")
	named   = regexp.MustCompile(`<a id="([^"]+)">`)
)

// Every link within the project leads to a file, and to a heading where it names
// one.
func TestLinks_Lead(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range documents(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(content), -1) {
			target := found[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			path, anchor, _ := strings.Cut(target, "#")
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
			}
			text, err := os.ReadFile(to)
			if info, statErr := os.Stat(to); err != nil && (statErr != nil || !info.IsDir()) {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if anchor != "" && !anchors(string(text))[anchor] {
				t.Errorf("%s: %s has no heading %s", file, to, anchor)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d links were followed", checked)
	}
}

// anchors are the names that links can lead to in a document.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, each := range heading.FindAllStringSubmatch(text, -1) {
		found[strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(each[1]), ""), " ", "-")] = true
	}
	for _, each := range named.FindAllStringSubmatch(text, -1) {
		found[each[1]] = true
	}
	return found
}
