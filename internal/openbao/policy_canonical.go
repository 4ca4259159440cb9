package openbao

import (
	"encoding/json"
	"slices"
	"strings"
)

// SamePolicy reports whether two policies say the same: layout, comments, HCL or
// JSON, the order of paths and of capabilities make no difference, nor do an
// old "policy" key and the capabilities it stands for. Texts that cannot be
// parsed are the same only when they are equal.
func SamePolicy(a, b string) bool {
	if a == b {
		return true
	}
	left, err := canonicalPolicy(a)
	if err != nil {
		return false
	}
	right, err := canonicalPolicy(b)
	return err == nil && left == right
}

// canonicalRule is a path block without anything that has no effect.
type canonicalRule struct {
	Path               string
	Capabilities       []string
	AllowedParameters  map[string][]any
	DeniedParameters   map[string][]any
	RequiredParameters []string
	MinWrapping        int64
	MaxWrapping        int64
	MFAMethods         []string
	PaginationLimit    int
	Expiration         string
	FilterPath         string
	ControlGroup       any
}

func canonicalPolicy(text string) (string, error) {
	parsed, err := parsePolicy(text)
	if err != nil {
		return "", err
	}
	rules := make([]canonicalRule, 0, len(parsed))
	for _, rule := range parsed {
		rules = append(rules, rule.canonical())
	}
	// Stable: between blocks of the same path, some settings of the first win.
	slices.SortStableFunc(rules, func(a, b canonicalRule) int { return strings.Compare(a.Path, b.Path) })
	encoded, err := json.Marshal(rules)
	return string(encoded), err
}

func (r policyRule) canonical() canonicalRule {
	c := canonicalRule{
		Path: strings.TrimPrefix(r.path, "/"), Expiration: r.Expiration, ControlGroup: r.ControlGroup,
	}
	if slices.Contains(r.Capabilities, "deny") {
		// Next to deny, the server looks at nothing else.
		c.Capabilities = []string{"deny"}
		return c
	}
	c.Capabilities = sortedSet(r.Capabilities)
	c.AllowedParameters = lowerKeys(r.AllowedParameters)
	c.DeniedParameters = lowerKeys(r.DeniedParameters)
	c.RequiredParameters = sortedSet(r.RequiredParameters)
	c.MFAMethods = sortedSet(r.MFAMethods)
	c.MinWrapping, c.MaxWrapping = int64(r.minWrapping), int64(r.maxWrapping)
	c.PaginationLimit, c.FilterPath = r.PaginationLimit, r.FilterPath
	return c
}

func sortedSet(values []string) []string {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func lowerKeys(parameters map[string][]any) map[string][]any {
	if len(parameters) == 0 {
		return nil
	}
	lowered := make(map[string][]any, len(parameters))
	for key, values := range parameters {
		lowered[strings.ToLower(key)] = values
	}
	return lowered
}
