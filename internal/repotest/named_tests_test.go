package repotest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	mention    = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	definition = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
)

// tests are the names of all tests and fuzz targets.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, folder := range []string{"internal", "dev"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			for _, found := range definition.FindAllSubmatch(content, -1) {
				names[string(found[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// A document that says which test holds a statement names one that exists.
func TestDocuments_NameTestsThatExist(t *testing.T) {
	t.Parallel()
	existing := tests(t)
	documents := append(glob(t, "design/*.md"), "SECURITY.md", "CONTRIBUTING.md", "README.md")
	for _, name := range documents {
		named := mention.FindAllStringSubmatch(read(t, name), -1)
		for _, test := range named {
			if !existing[test[1]] && test[1] != "TestPromise" {
				t.Errorf("%s names %s, which does not exist", name, test[1])
			}
		}
		if name == "SECURITY.md" && len(named) < 20 {
			t.Errorf("%s names only %d tests", name, len(named))
		}
	}
}

// Each person of the threat model is told about, and no statement about one
// stands without a test.
func TestSecurity_EveryReaderHasItsTests(t *testing.T) {
	t.Parallel()
	_, model, found := strings.Cut(read(t, "SECURITY.md"), "\n## Who can learn what\n")
	if !found {
		t.Fatal("SECURITY.md has no threat model")
	}
	model, _, _ = strings.Cut(model, "\n## ")
	sections := strings.Split(model, "\n### ")[1:]
	for i, who := range []string{"A plan job", "An apply job", "A reader of state", "A reader of logs", "An operator of OCI", "An operator of OpenBao"} {
		if i >= len(sections) || !strings.HasPrefix(sections[i], who) {
			t.Fatalf("the threat model does not tell what %q can learn", who)
		}
		if !mention.MatchString(sections[i]) {
			t.Errorf("%s: no test is named", who)
		}
	}
}
