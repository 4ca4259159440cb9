package aclpolicy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/hcl/ast"
	hclparser "github.com/hashicorp/hcl/hcl/parser"
	jsonparser "github.com/hashicorp/hcl/json/parser"
)

// syntaxError says where a policy cannot be read.
type syntaxError struct {
	line, column int // 0 when the parser does not tell
	text         string
}

// Error implements error.
func (e syntaxError) Error() string {
	switch {
	case e.line == 0:
		return e.text
	case e.column == 0:
		return fmt.Sprintf("line %d: %s", e.line, e.text)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.column, e.text)
}

// withTree hands the syntax tree of a policy in HCL or JSON to a function. Errors
// of the tree are a syntaxError.
func withTree(text string, read func(root *ast.ObjectList) error) (err error) {
	// The parser is old and not written for hostile input.
	defer func() {
		if recover() != nil {
			err = syntaxError{text: "the policy is not valid HCL"}
		}
	}()
	if strings.TrimSpace(text) == "" {
		return syntaxError{text: "the policy is empty"}
	}
	var file *ast.File
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		file, err = jsonparser.Parse([]byte(text))
	} else {
		// As the server: a key that comes twice is accepted.
		file, err = hclparser.ParseDontErrorOnDuplicateKeys([]byte(text))
	}
	var position *hclparser.PosError
	if errors.As(err, &position) {
		return syntaxError{position.Pos.Line, position.Pos.Column, position.Err.Error()}
	}
	if err != nil {
		return syntaxError{text: err.Error()}
	}
	root, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return syntaxError{text: "the policy holds no blocks"}
	}
	return read(root)
}

// unknownBlocks are the items at the top that OpenBao refuses.
func unknownBlocks(root *ast.ObjectList) []error {
	var problems []error
	for _, item := range root.Items {
		if key := keyOf(item); key != "path" && key != "name" {
			problems = append(problems, atLine(item, "unknown key %q: a policy consists of path blocks", key))
		}
	}
	return problems
}

// blockKeys are the keys that OpenBao knows in a path block.
var blockKeys = []string{
	"comment", "policy", "capabilities", "allowed_parameters", "denied_parameters", "required_parameters",
	"min_wrapping_ttl", "max_wrapping_ttl", "mfa_methods", "pagination_limit", "expiration",
	"list_scan_response_keys_filter_path", "control_group",
}

// legacyPolicies are the values of the old "policy" key of a path block.
var legacyPolicies = map[string][]string{
	"deny":  {"deny"},
	"read":  {"read", "list"},
	"write": {"create", "read", "update", "delete", "list"},
	"sudo":  {"create", "read", "update", "delete", "list", "sudo"},
}

func keyOf(item *ast.ObjectItem) string {
	if len(item.Keys) == 0 {
		return ""
	}
	key, _ := item.Keys[0].Token.Value().(string)
	return key
}

// lineOf is the line of an item, or 0. Keys out of JSON carry no position; the
// sign between key and value does. A block without a label has its brace.
func lineOf(item *ast.ObjectItem) int {
	switch {
	case len(item.Keys) > 0 && item.Keys[0].Pos().Line > 0:
		return item.Keys[0].Pos().Line
	case item.Assign.Line > 0:
		return item.Assign.Line
	case item.Val != nil:
		return item.Val.Pos().Line
	}
	return 0
}

// atLine is a syntaxError about an item.
func atLine(item *ast.ObjectItem, format string, args ...any) error {
	return syntaxError{line: lineOf(item), text: fmt.Sprintf(format, args...)}
}
