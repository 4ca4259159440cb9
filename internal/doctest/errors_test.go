package doctest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const troubleGuide = "docs/guides/troubleshooting.md"

// gap stands for what differs from message to message.
const gap = "…"

// messages are the texts of the code: string literals, and sums of them with
// gaps for what is not literal.
type messages struct {
	texts     []string
	summaries []string // first arguments of AddError and its relatives, where literal
}

func readMessages(t *testing.T) messages {
	t.Helper()
	var found messages
	constants := map[string]string{}
	eachFile(t, func(name string, file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit, *ast.BinaryExpr:
				if text := literal(node.(ast.Expr)); strings.Trim(text, gap) != "" {
					found.texts = append(found.texts, text)
				}
			case *ast.ValueSpec:
				for i, value := range node.Values {
					constants[node.Names[i].Name] = literal(value)
				}
			}
			return true
		})
	})
	eachFile(t, func(name string, file *ast.File) {
		if strings.HasPrefix(name, "provider/") {
			found.summaries = append(found.summaries, summaries(file, constants)...)
		}
	})
	slices.Sort(found.summaries)
	found.summaries = slices.Compact(found.summaries)
	return found
}

// eachFile parses the files of internal/ that are not tests.
func eachFile(t *testing.T, look func(name string, file *ast.File)) {
	t.Helper()
	internal := filepath.Join(root, "internal")
	err := filepath.WalkDir(internal, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(internal, path)
		look(filepath.ToSlash(name), file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var verb = regexp.MustCompile(`%(\[\d\])?[a-z]`)

// literal is the text of an expression with gaps for what is not literal.
func literal(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return gap
		}
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			return gap
		}
		return verb.ReplaceAllString(text, gap)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return literal(e.X) + literal(e.Y)
		}
	}
	return gap
}

// reporters add a diagnostic; the number is the place of its summary.
var reporters = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
	"refuse": 1, "problem": 1,
}

func summaries(file *ast.File, constants map[string]string) []string {
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		call, is := node.(*ast.CallExpr)
		if !is {
			return true
		}
		var name string
		switch function := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = function.Sel.Name
		case *ast.Ident:
			name = function.Name
		}
		at, reports := reporters[name]
		if !reports || len(call.Args) <= at {
			return true
		}
		text := literal(call.Args[at])
		if constant, is := call.Args[at].(*ast.Ident); is && constants[constant.Name] != "" {
			text = constants[constant.Name]
		}
		// What is composed is looked for by its parts.
		if !strings.HasPrefix(text, gap) && !strings.HasSuffix(text, gap) {
			found = append(found, text)
		}
		return true
	})
	return found
}

var failure = regexp.MustCompile(`^Unable to (log in with|[a-z]+) (.*) …$`)

var quoted = regexp.MustCompile("`([^`]+)`")

// quotedMessages are those that the guide names: in headings below the first
// and in the first column of tables.
func quotedMessages(guide string) []string {
	var found []string
	for _, line := range strings.Split(guide, "\n") {
		switch {
		case strings.HasPrefix(line, "### "):
		case strings.HasPrefix(line, "| `"):
			line, _, _ = strings.Cut(line[2:], " | ")
		default:
			continue
		}
		for _, text := range quoted.FindAllStringSubmatch(line, -1) {
			found = append(found, text[1])
		}
	}
	return found
}

// says tells whether a text of the code has the message: each of its parts, in
// order, where the code may have gaps in other places. "Unable to <verb> <thing>
// …" is composed of a verb and a thing that are texts of their own; that of the thing
// may have its name behind it.
func (m messages) says(message string) bool {
	thing := func(name string) bool {
		return slices.ContainsFunc(m.texts, func(text string) bool {
			begin, _, _ := strings.Cut(text, gap)
			return strings.TrimSuffix(begin, " ") == name
		})
	}
	if composed := failure.FindStringSubmatch(message); composed != nil && slices.Contains(m.texts, composed[1]) && thing(composed[2]) {
		return true
	}
	parts := regexp.MustCompile(" *"+gap+" *").Split(message, -1)
	return slices.ContainsFunc(m.texts, func(text string) bool {
		for _, part := range parts {
			_, rest, found := strings.Cut(text, part)
			if !found {
				return false
			}
			text = rest
		}
		return true
	})
}

// Every message in the guide is one of the code, and every summary of the code
// is in the guide.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(troubleGuide)))
	if err != nil {
		t.Fatal(err)
	}
	guide := string(content)
	code := readMessages(t)
	named := quotedMessages(guide)
	if len(named) < 60 || len(code.summaries) < 40 {
		t.Fatalf("only %d messages of the guide and %d of the code were found", len(named), len(code.summaries))
	}
	for _, message := range named {
		if !code.says(message) {
			t.Errorf("no message of the provider says %q", message)
		}
	}
	for _, summary := range code.summaries {
		covered := slices.ContainsFunc(named, func(message string) bool {
			return messages{texts: []string{summary}}.says(message)
		})
		if !covered {
			t.Errorf("templates/guides/troubleshooting.md.tmpl lacks the message %q: add a heading or a row, with what to do", summary)
		}
	}
	if code.says("Unable to fly") || code.says("the path holds … nothing") {
		t.Error("messages are found that are nowhere")
	}
}
