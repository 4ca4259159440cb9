package aclpolicy

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/hcl/ast"
)

// stanza is a path block as it was written.
type stanza struct {
	path         string // without leading slash
	line         int    // 0 when the parser does not tell
	capabilities []word
	unknown      []word // keys that do not exist
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

// parse reads the path blocks of a policy in HCL or JSON.
func parse(text string) ([]stanza, error) {
	var stanzas []stanza
	err := withTree(text, func(root *ast.ObjectList) error {
		if unknown := unknownBlocks(root); len(unknown) > 0 {
			return unknown[0]
		}
		for _, item := range root.Filter("path").Items {
			body, isBlock := item.Val.(*ast.ObjectType)
			if len(item.Keys) == 0 || !isBlock {
				return atLine(item, withoutPath)
			}
			each := stanza{path: strings.TrimPrefix(keyOf(item), "/"), line: lineOf(item)}
			each.fill(body.List)
			stanzas = append(stanzas, each)
		}
		return nil
	})
	return stanzas, err
}

const withoutPath = `a path block without a path: write path "secret/data/name" { ... }`

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
