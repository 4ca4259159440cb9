package aclpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/hcl/ast"
	hclparser "github.com/hashicorp/hcl/hcl/parser"
	jsonparser "github.com/hashicorp/hcl/json/parser"
)

// legacyPolicies are the values of the old "policy" key of a path block.
var legacyPolicies = map[string][]string{
	"deny":  {"deny"},
	"read":  {"read", "list"},
	"write": {"create", "read", "update", "delete", "list"},
	"sudo":  {"create", "read", "update", "delete", "list", "sudo"},
}

// stanza is a path block as it was written.
type stanza struct {
	path         string // without leading slash
	line         int    // 0 when the parser does not tell
	capabilities []word
	unknown      []word // keys that do not exist
}

// blockKeys are the keys that OpenBao knows in a path block.
var blockKeys = []string{
	"comment", "policy", "capabilities", "allowed_parameters", "denied_parameters", "required_parameters",
	"min_wrapping_ttl", "max_wrapping_ttl", "mfa_methods", "pagination_limit", "expiration",
	"list_scan_response_keys_filter_path", "control_group",
}

// word is a capability or a key with the line that it is on.
type word struct {
	name string
	line int
}

// grants are the names of the capabilities; none next to deny.
func (s stanza) grants() []string {
	var names []string
	for _, each := range s.capabilities {
		if each.name == capabilityDeny {
			return nil
		}
		names = append(names, each.name)
	}
	return names
}

// parseError says where a policy cannot be read.
type parseError struct {
	line int
	text string
}

// Error implements error.
func (e parseError) Error() string { return e.text }

// parse reads the path blocks of a policy in HCL or JSON.
func parse(text string) (stanzas []stanza, err error) {
	// The parser is old and not written for hostile input.
	defer func() {
		if recover() != nil {
			stanzas, err = nil, parseError{text: "the policy is not valid HCL"}
		}
	}()
	if strings.TrimSpace(text) == "" {
		return nil, parseError{text: "the policy is empty"}
	}
	var file *ast.File
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		file, err = jsonparser.Parse([]byte(text))
	} else {
		file, err = hclparser.ParseDontErrorOnDuplicateKeys([]byte(text))
	}
	var position *hclparser.PosError
	if errors.As(err, &position) {
		return nil, parseError{position.Pos.Line, position.Err.Error()}
	}
	if err != nil {
		return nil, parseError{text: err.Error()}
	}
	root, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return nil, parseError{text: "the policy holds no blocks"}
	}
	for _, item := range root.Items {
		if key := keyOf(item); key != "path" && key != "name" {
			return nil, parseError{lineOf(item), fmt.Sprintf("unknown key %q: a policy consists of path blocks", key)}
		}
	}
	for _, item := range root.Filter("path").Items {
		body, isBlock := item.Val.(*ast.ObjectType)
		if len(item.Keys) == 0 || !isBlock {
			return nil, parseError{lineOf(item), `a path block without a path: write path "secret/data/name" { ... }`}
		}
		each := stanza{path: strings.TrimPrefix(keyOf(item), "/"), line: lineOf(item)}
		each.fill(body.List)
		stanzas = append(stanzas, each)
	}
	return stanzas, nil
}

func (s *stanza) fill(body *ast.ObjectList) {
	for _, item := range body.Items {
		switch key := keyOf(item); {
		case key == "capabilities":
			s.capabilities = append(s.capabilities, literals(item.Val, s.line)...)
		case key == "policy":
			for _, legacy := range literals(item.Val, s.line) {
				if legacy.name == "" {
					continue
				}
				names, known := legacyPolicies[legacy.name]
				if !known {
					names = []string{legacy.name}
				}
				for _, name := range names {
					s.capabilities = append(s.capabilities, word{name, legacy.line})
				}
			}
		case !slices.Contains(blockKeys, key):
			s.unknown = append(s.unknown, word{key, lineOf(item)})
		}
	}
}

func keyOf(item *ast.ObjectItem) string {
	if len(item.Keys) == 0 {
		return ""
	}
	key, _ := item.Keys[0].Token.Value().(string)
	return key
}

// literals are the strings of a list, or the one that stands alone. Those out of
// JSON have no position, so they get the line of their block.
func literals(node ast.Node, line int) []word {
	switch node := node.(type) {
	case *ast.ListType:
		var found []word
		for _, each := range node.List {
			found = append(found, literals(each, line)...)
		}
		return found
	case *ast.LiteralType:
		if name, isText := node.Token.Value().(string); isText {
			if node.Token.Pos.Line > line {
				line = node.Token.Pos.Line
			}
			return []word{{name, line}}
		}
	}
	return nil
}

// lineOf is the line of an item, or 0. Keys out of JSON carry no position; the
// sign between key and value does.
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
