package openbao

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-secure-stdlib/parseutil"
	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	hclparser "github.com/hashicorp/hcl/hcl/parser"
	jsonparser "github.com/hashicorp/hcl/json/parser"
)

// Capabilities are the capabilities that a policy may name.
var Capabilities = []string{"create", "read", "update", "patch", "delete", "list", "scan", "sudo", "deny"}

// legacyPolicies are the values of the old "policy" key of a path.
var legacyPolicies = map[string][]string{
	"deny":  {"deny"},
	"read":  {"read", "list"},
	"write": {"create", "read", "update", "delete", "list"},
	"sudo":  {"create", "read", "update", "delete", "list", "sudo"},
}

// pathKeys are the keys that OpenBao knows in a path block.
var pathKeys = []string{
	"comment", "policy", "capabilities", "allowed_parameters", "denied_parameters", "required_parameters",
	"min_wrapping_ttl", "max_wrapping_ttl", "mfa_methods", "pagination_limit", "expiration",
	"list_scan_response_keys_filter_path", "control_group",
}

// policyRule is one path block.
type policyRule struct {
	path string
	line int

	Policy             string           `hcl:"policy"`
	Capabilities       []string         `hcl:"capabilities"`
	AllowedParameters  map[string][]any `hcl:"allowed_parameters"`
	DeniedParameters   map[string][]any `hcl:"denied_parameters"`
	RequiredParameters []string         `hcl:"required_parameters"`
	MinWrappingTTL     any              `hcl:"min_wrapping_ttl"`
	MaxWrappingTTL     any              `hcl:"max_wrapping_ttl"`
	MFAMethods         []string         `hcl:"mfa_methods"`
	PaginationLimit    int              `hcl:"pagination_limit"`
	Expiration         string           `hcl:"expiration"`
	FilterPath         string           `hcl:"list_scan_response_keys_filter_path"`
	ControlGroup       any              `hcl:"control_group"`

	minWrapping, maxWrapping time.Duration
}

// ParsePolicy checks the text of a policy, HCL or JSON, as OpenBao does when it
// is written: syntax, keys, capabilities, wildcards, durations, balanced
// templates. All that is wrong comes joined in one error, each part with the
// number of its line. The content of a control group and the template of a
// response filter are left to the server.
func ParsePolicy(text string) error {
	_, err := parsePolicy(text)
	return err
}

func parsePolicy(text string) (rules []policyRule, err error) {
	// The parser is old and not written for hostile input.
	defer func() {
		if recover() != nil {
			rules, err = nil, errors.New("the policy is not valid HCL")
		}
	}()
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the policy is empty")
	}
	root, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, item := range root.Items {
		if key := keyOf(item); key != "path" && key != "name" {
			problems = append(problems, atLine(item, "unknown key %q: a policy consists of path blocks", key))
		}
	}
	for _, item := range root.Filter("path").Items {
		rule, errs := parseRule(item)
		problems = append(problems, errs...)
		rules = append(rules, rule)
	}
	return rules, errors.Join(problems...)
}

func parseTree(text string) (*ast.ObjectList, error) {
	var file *ast.File
	var err error
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		file, err = jsonparser.Parse([]byte(text))
	} else {
		// As the server: a key that comes twice is accepted.
		file, err = hclparser.ParseDontErrorOnDuplicateKeys([]byte(text))
	}
	var position *hclparser.PosError
	if errors.As(err, &position) {
		return nil, fmt.Errorf("line %d, column %d: %w", position.Pos.Line, position.Pos.Column, position.Err)
	}
	if err != nil {
		return nil, err
	}
	root, ok := file.Node.(*ast.ObjectList)
	if !ok {
		return nil, errors.New("the policy holds no blocks")
	}
	return root, nil
}

func parseRule(item *ast.ObjectItem) (policyRule, []error) {
	var rule policyRule
	if len(item.Keys) == 0 {
		return rule, []error{atLine(item, `a path block without a path: write path "secret/data/*" { ... }`)}
	}
	rule.path, rule.line = keyOf(item), lineOf(item)
	body, ok := item.Val.(*ast.ObjectType)
	if !ok {
		return rule, []error{atLine(item, "path %q is no block", rule.path)}
	}
	var problems []error
	for _, inner := range body.List.Items {
		if key := keyOf(inner); !slices.Contains(pathKeys, key) {
			problems = append(problems, atLine(inner, "path %q: unknown key %q", rule.path, key))
		}
	}
	if err := hcl.DecodeObject(&rule, item.Val); err != nil {
		return rule, append(problems, atLine(item, "path %q: %w", rule.path, err))
	}
	for _, err := range rule.check() {
		problems = append(problems, atLine(item, "path %q: %w", rule.path, err))
	}
	return rule, problems
}

// check is what the server checks of the values; it also resolves them.
func (r *policyRule) check() []error {
	var problems []error
	if strings.Contains(r.path, "+*") {
		problems = append(problems, errors.New("the wildcards + and * may not follow each other"))
	}
	if !balanced(r.path) {
		problems = append(problems, errors.New("the {{ }} of a template are not balanced"))
	}
	if r.Policy != "" {
		legacy, known := legacyPolicies[r.Policy]
		if !known {
			problems = append(problems, fmt.Errorf("unknown policy %q: want deny, read, write or sudo, or better, capabilities", r.Policy))
		}
		r.Capabilities = append(r.Capabilities, legacy...)
	}
	for _, capability := range r.Capabilities {
		if !slices.Contains(Capabilities, capability) {
			problems = append(problems, fmt.Errorf("unknown capability %q: want %s", capability, strings.Join(Capabilities, ", ")))
		}
	}
	var err error
	if r.minWrapping, err = wrappingTTL(r.MinWrappingTTL); err != nil {
		problems = append(problems, fmt.Errorf("min_wrapping_ttl: %w", err))
	}
	if r.maxWrapping, err = wrappingTTL(r.MaxWrappingTTL); err != nil {
		problems = append(problems, fmt.Errorf("max_wrapping_ttl: %w", err))
	}
	if r.minWrapping != 0 && r.maxWrapping != 0 && r.maxWrapping < r.minWrapping {
		problems = append(problems, errors.New("max_wrapping_ttl is less than min_wrapping_ttl"))
	}
	if r.Expiration != "" {
		if _, err := parseutil.ParseAbsoluteTime(r.Expiration); err != nil {
			problems = append(problems, fmt.Errorf("expiration: %w", err))
		}
	}
	if r.FilterPath != "" && !slices.Contains(r.Capabilities, "list") {
		problems = append(problems, errors.New("list_scan_response_keys_filter_path takes the list capability"))
	}
	return problems
}

func wrappingTTL(value any) (time.Duration, error) {
	if value == nil {
		return 0, nil
	}
	return parseutil.ParseDurationSecond(value)
}

// balanced reports whether every "{{" has its "}}", without nesting.
func balanced(path string) bool {
	for i, part := range strings.Split(path, "{{") {
		want := 1
		if i == 0 {
			want = 0
		}
		if strings.Count(part, "}}") != want {
			return false
		}
	}
	return true
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

func atLine(item *ast.ObjectItem, format string, args ...any) error {
	if line := lineOf(item); line > 0 {
		return fmt.Errorf("line %d: "+format, append([]any{line}, args...)...)
	}
	return fmt.Errorf(format, args...)
}
