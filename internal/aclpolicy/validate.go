package aclpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-secure-stdlib/parseutil"
	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
)

// pathBlock is a path block with all that it says.
type pathBlock struct {
	path string

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

// Validate checks the text of a policy, HCL or JSON, as OpenBao does when it is
// written: syntax, keys, capabilities, wildcards, durations, balanced templates. All
// that is wrong comes joined in one error, each part with the number of its line.
// The content of a control group and the template of a response filter are left to
// the server.
func Validate(text string) error {
	_, err := pathBlocks(text)
	return err
}

func pathBlocks(text string) ([]pathBlock, error) {
	var found []pathBlock
	err := withTree(text, func(root *ast.ObjectList) error {
		problems := unknownBlocks(root)
		for _, item := range root.Filter("path").Items {
			each, errs := parseBlock(item)
			problems = append(problems, errs...)
			found = append(found, each)
		}
		return errors.Join(problems...)
	})
	return found, err
}

func parseBlock(item *ast.ObjectItem) (pathBlock, []error) {
	var found pathBlock
	if len(item.Keys) == 0 {
		return found, []error{atLine(item, withoutPath)}
	}
	found.path = keyOf(item)
	body, ok := item.Val.(*ast.ObjectType)
	if !ok {
		return found, []error{atLine(item, "path %q is no block", found.path)}
	}
	var problems []error
	for _, inner := range body.List.Items {
		if key := keyOf(inner); !slices.Contains(blockKeys, key) {
			problems = append(problems, atLine(inner, "path %q: unknown key %q", found.path, key))
		}
	}
	if err := hcl.DecodeObject(&found, item.Val); err != nil {
		return found, append(problems, atLine(item, "path %q: %v", found.path, err))
	}
	for _, err := range found.check() {
		problems = append(problems, atLine(item, "path %q: %v", found.path, err))
	}
	return found, problems
}

// check is what the server checks of the values; it also resolves them.
func (b *pathBlock) check() []error {
	var problems []error
	if strings.Contains(b.path, "+*") {
		problems = append(problems, errors.New("the wildcards + and * may not follow each other"))
	}
	if !balanced(b.path) {
		problems = append(problems, errors.New("the {{ }} of a template are not balanced"))
	}
	if b.Policy != "" {
		legacy, known := legacyPolicies[b.Policy]
		if !known {
			problems = append(problems, fmt.Errorf("unknown policy %q: want deny, read, write or sudo, or better, capabilities", b.Policy))
		}
		b.Capabilities = append(b.Capabilities, legacy...)
	}
	for _, capability := range b.Capabilities {
		if !slices.Contains(Capabilities, capability) {
			problems = append(problems, fmt.Errorf("unknown capability %q: want %s", capability, strings.Join(Capabilities, ", ")))
		}
	}
	var err error
	if b.minWrapping, err = wrappingTTL(b.MinWrappingTTL); err != nil {
		problems = append(problems, fmt.Errorf("min_wrapping_ttl: %w", err))
	}
	if b.maxWrapping, err = wrappingTTL(b.MaxWrappingTTL); err != nil {
		problems = append(problems, fmt.Errorf("max_wrapping_ttl: %w", err))
	}
	if b.minWrapping != 0 && b.maxWrapping != 0 && b.maxWrapping < b.minWrapping {
		problems = append(problems, errors.New("max_wrapping_ttl is less than min_wrapping_ttl"))
	}
	if b.Expiration != "" {
		if _, err := parseutil.ParseAbsoluteTime(b.Expiration); err != nil {
			problems = append(problems, fmt.Errorf("expiration: %w", err))
		}
	}
	if b.FilterPath != "" && !slices.Contains(b.Capabilities, "list") {
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
