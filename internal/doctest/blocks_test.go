package doctest

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..")

// block is a fenced block of a document.
type block struct {
	file string // from the root of the project, with slashes
	line int    // of the fence that opens it
	lang string
	text string
	// above is the HTML comment right above the fence, without its brackets: it
	// says what cannot be told from the block, such as "plan: NAME".
	above string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// marked is what the comment above the block says behind "KEY: "; "" when it is
// no such comment.
func (b block) marked(key string) string {
	if value, found := strings.CutPrefix(b.above, key+": "); found {
		return value
	}
	return ""
}

var (
	fence   = regexp.MustCompile("^( *)```([a-z-]*)$")
	comment = regexp.MustCompile(`^<!-- (.*) -->$`)
)

// blocks are the fenced blocks of a document, those in lists without their
// indentation.
func blocks(file, content string) []block {
	var found []block
	var open *block
	var indent, above string
	for i, line := range strings.Split(content, "\n") {
		parts := fence.FindStringSubmatch(line)
		switch {
		case open == nil && parts != nil:
			indent, open = parts[1], &block{file: file, line: i + 1, lang: parts[2], above: above}
		case open != nil && strings.TrimSpace(line) == "```":
			found, open, above = append(found, *open), nil, ""
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		default:
			above = ""
			if said := comment.FindStringSubmatch(strings.TrimSpace(line)); said != nil {
				above = said[1]
			}
		}
	}
	return found
}

// documents are the paths of all documents.
func documents(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.md", "dev/*.md", "design/*.md", "docs/*.md", "docs/*/*.md"} {
		matches, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matches...)
	}
	return files
}

// inReference are the folders of examples that the reference shows, file by file.
var inReference = []string{"resources", "data-sources", "ephemeral-resources", "functions", "actions", "list-resources"}

// examples are the examples outside of the reference: each folder is one
// configuration, except that of the provider block, whose files are one each.
func examples(t *testing.T) []block {
	t.Helper()
	dir := filepath.Join(root, "examples")
	texts := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".tf" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		kind, _, _ := strings.Cut(name, "/")
		if slices.Contains(inReference, kind) {
			return nil
		}
		if kind != "provider" {
			name = name[:strings.LastIndex(name, "/")]
		}
		content, err := os.ReadFile(path)
		texts[name] += string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		all = append(all, block{file: "examples/" + name, line: 1, lang: "terraform", text: texts[name]})
	}
	return all
}

// documented are all blocks of the documentation and the examples next to it. The
// guides are read as they are generated, so these tests also need docs/ to be
// fresh.
func documented(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, file := range documents(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, blocks(filepath.ToSlash(name), string(content))...)
	}
	all = append(all, examples(t)...)
	if len(all) < 60 {
		t.Fatalf("only %d blocks were found", len(all))
	}
	return all
}

// kind is what a block is, which decides how it is tested.
type kind string

const (
	configuration kind = "configuration" // of Terraform, validated
	query         kind = "query"         // of Terraform 1.14 and newer, validated there
	cliConfig     kind = "CLI configuration"
	serverConfig  kind = "server configuration"
	aclPolicy     kind = "ACL policy" // of OpenBao, written to a server
	shell         kind = "shell"      // run
	statements    kind = "OCI policy"
	plan          kind = "plan"     // compared with one that is made
	pipeline      kind = "pipeline" // whose commands are checked
	fragment      kind = "fragment of the changelog"
	signature     kind = "signature"
	illustration  kind = "illustration" // says itself why it cannot be tested
	unknown       kind = ""
)

var shapes = []struct {
	pattern *regexp.Regexp
	kind    kind
}{
	{regexp.MustCompile(`(?m)^(provider_installation|plugin_cache_dir|dev_overrides)\b`), cliConfig},
	{regexp.MustCompile(`(?m)^(listener|storage|audit|seal|telemetry) ?"?`), serverConfig},
	{regexp.MustCompile(`(?m)^path "`), aclPolicy},
	{regexp.MustCompile(`(?m)^list "`), query},
	{regexp.MustCompile(`(?m)^(terraform|provider|resource|data|ephemeral|variable|output|locals|check|removed|moved|import|module|action)\b`), configuration},
}

// pipelineKey is in every pipeline of GitHub and GitLab.
var pipelineKey = regexp.MustCompile(`(?m)^ +(steps|script):$`)

// what tells what a block is.
func (b block) what() kind {
	switch b.lang {
	case "hcl", "terraform":
		for _, shape := range shapes {
			if shape.pattern.MatchString(b.text) {
				return shape.kind
			}
		}
	case "sh", "shell", "bash":
		return shell
	case "yaml":
		switch {
		case strings.HasPrefix(b.text, "kind: "):
			return fragment
		case pipelineKey.MatchString(b.text):
			return pipeline
		}
	case "text", "":
		switch {
		case b.marked("plan") != "" || b.file == driftGuide:
			return plan
		case strings.HasPrefix(b.file, "docs/functions/"):
			return signature
		case isStatements(b.text):
			return statements
		case b.marked("not run") != "":
			return illustration
		}
	}
	return unknown
}

// driftGuide is written by TestDriftMatrix of the provider, which makes every
// plan in it.
const driftGuide = "docs/guides/drift.md"

var statement = regexp.MustCompile(`(?i)^allow (any-user|(dynamic-)?group \S+) to (inspect|read) (secrets|secret-versions|secret-bundles|vaults|compartments) in (tenancy|compartment \S+)$`)

// isStatements tells whether all lines are statements of OCI's policy language
// that do not allow more than the provider ever needs.
func isStatements(text string) bool {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return !slices.ContainsFunc(lines, func(line string) bool { return !statement.MatchString(line) })
}

func TestBlocks_EachHasARule(t *testing.T) {
	t.Parallel()
	count := map[kind]int{}
	for _, b := range documented(t) {
		what := b.what()
		count[what]++
		if what == unknown {
			t.Errorf("%v: no test knows what to do with this block of %q; make it one that can be run or validated, "+
				"or say why not in a comment above it, <!-- not run: REASON -->:\n%s", b, b.lang, b.text)
		}
	}
	for _, expected := range []kind{configuration, cliConfig, serverConfig, aclPolicy, shell, statements, plan} {
		if count[expected] == 0 {
			t.Errorf("there is no %s among the blocks", expected)
		}
	}
}

func TestBlocks_AreFound(t *testing.T) {
	t.Parallel()
	got := blocks("x.md", "a\n<!-- plan: one -->\n```text\nb\n```\n- list\n\n  ```sh\n  c\n  ```\n")
	want := []block{{"x.md", 3, "text", "b\n", "plan: one"}, {"x.md", 8, "sh", "c\n", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, b := range []block{
		{lang: "yaml", text: "a: b\n"}, {lang: "text", text: "some output\n"}, {lang: "hcl", text: "x = 1\n"},
		{lang: "text", text: "Allow group a to manage secrets in tenancy\n"},
	} {
		if what := b.what(); what != unknown {
			t.Errorf("%q is taken for a %s", b.text, what)
		}
	}
}
