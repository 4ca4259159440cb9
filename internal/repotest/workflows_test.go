package repotest

import (
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	used   = regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`)
	pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[0-9][0-9.]*$`)
)

// workflows are the files in which GitHub looks for actions.
func workflows(t *testing.T) []string {
	t.Helper()
	names := slices.Concat(glob(t, ".github/workflows/*.yml"), glob(t, ".github/workflows/*.yaml"))
	if len(names) < 3 {
		t.Fatalf("only the workflows %q were found", names)
	}
	return names
}

// A tag can be moved to other code, a commit cannot.
func TestWorkflows_ActionsArePinnedByCommit(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, name := range workflows(t) {
		for _, use := range used.FindAllStringSubmatch(read(t, name), -1) {
			seen++
			if !isPinned(strings.TrimSpace(use[1])) {
				t.Errorf("%s uses %s: pin it by the commit, with a comment that says the version", name, use[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d uses of actions were found", seen)
	}
}

func isPinned(action string) bool {
	return strings.HasPrefix(action, "./") || pinned.MatchString(action)
}

func TestIsPinned(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for action, want := range map[string]bool{
		"./.github/workflows/test.yml":          true,
		"some/action@" + commit + " # v1.2.3":   true,
		"some/action/sub@" + commit + " # v1":   true,
		"some/action@" + commit:                 false,
		"some/action@" + commit[1:] + " # v1":   false,
		"some/action@v1":                        false,
		"some/action@main # v1":                 false,
		"docker://alpine:3 # v1":                false,
		"some/action@" + commit + " # whatever": false,
	} {
		if isPinned(action) != want {
			t.Errorf("isPinned(%q) is %v", action, !want)
		}
	}
}

// Without permissions of its own a workflow has those that the repository grants
// by default.
func TestWorkflows_HaveLeastPermissions(t *testing.T) {
	t.Parallel()
	writes := map[string]string{
		".github/workflows/codeql.yml":  "security-events: write # to show what was found",
		".github/workflows/release.yml": "contents: write # to create the release and upload its files",
	}
	for _, name := range workflows(t) {
		content := read(t, name)
		if !strings.Contains(content, "\npermissions:\n  contents: read\n\n") {
			t.Errorf("%s does not begin with the permission to read contents, and no other", name)
		}
		for _, granted := range regexp.MustCompile(`(?m)^\s+[\w-]+: write.*$`).FindAllString(content, -1) {
			if strings.TrimSpace(granted) != writes[name] {
				t.Errorf("%s grants %s", name, granted)
			}
		}
		if jobs, bounded := strings.Count(content, "runs-on:"), strings.Count(content, "timeout-minutes:"); jobs != bounded {
			t.Errorf("%s has %d jobs, of which %d end by themselves", name, jobs, bounded)
		}
		if checkouts, without := strings.Count(content, "actions/checkout@"), strings.Count(content, "persist-credentials: false"); checkouts != without {
			t.Errorf("%s checks out %d times, %d times without leaving the token behind", name, checkouts, without)
		}
	}
}

// What a workflow runs is there.
func TestWorkflows_RunWhatExists(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	for _, name := range workflows(t) {
		for _, target := range regexp.MustCompile(`run: make ([\w-]+)`).FindAllStringSubmatch(read(t, name), -1) {
			if !strings.Contains(makefile, "\n"+target[1]+":") {
				t.Errorf("%s runs make %s, which the Makefile does not have", name, target[1])
			}
		}
	}
}

// Updates come for each module, those that are made later too.
func TestDependencyUpdates_CoverEveryModule(t *testing.T) {
	t.Parallel()
	config := read(t, ".github/dependabot.yml")
	listed := regexp.MustCompile(`(?m)^    directories: \[(.*)\]$`).FindStringSubmatch(config)
	if listed == nil {
		t.Fatal("dependabot.yml has no directories")
	}
	var patterns []string
	for _, quoted := range strings.Split(listed[1], ",") {
		patterns = append(patterns, strings.Trim(quoted, " '"))
	}
	modules := 0
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "stubs" || entry.Name() == "bin" || entry.Name() == "dist" || entry.Name() == ".git") {
			return fs.SkipDir
		}
		if entry.Name() != "go.mod" {
			return nil
		}
		modules++
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = path.Clean("/" + filepath.ToSlash(folder))
		if !slices.ContainsFunc(patterns, func(pattern string) bool {
			fits, err := path.Match(pattern, folder)
			return err == nil && fits
		}) {
			t.Errorf("dependabot.yml does not cover %s", folder)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if modules < 5 {
		t.Errorf("only %d modules were found", modules)
	}
}
