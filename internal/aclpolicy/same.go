package aclpolicy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Same reports whether two policies say the same: layout, comments, HCL or
// JSON, the order of paths and of capabilities make no difference, nor do an
// old "policy" key and the capabilities it stands for. Texts that cannot be
// parsed are the same only when they are equal.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	left, err := canonical(a)
	if err != nil {
		return false
	}
	right, err := canonical(b)
	return err == nil && left == right
}

// canonicalBlock is a path block without anything that has no effect.
type canonicalBlock struct {
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

func canonical(text string) (string, error) {
	parsed, err := pathBlocks(text)
	if err != nil {
		return "", err
	}
	all := make([]canonicalBlock, 0, len(parsed))
	for _, each := range parsed {
		all = append(all, each.canonical())
	}
	// Stable: between blocks of the same path, some settings of the first win.
	slices.SortStableFunc(all, func(a, b canonicalBlock) int { return strings.Compare(a.Path, b.Path) })
	encoded, err := json.Marshal(all)
	return string(encoded), err
}

func (b pathBlock) canonical() canonicalBlock {
	c := canonicalBlock{
		Path: strings.TrimPrefix(b.path, "/"), Expiration: b.Expiration, ControlGroup: b.ControlGroup,
	}
	if slices.Contains(b.Capabilities, "deny") {
		// Next to deny, the server looks at nothing else.
		c.Capabilities = []string{"deny"}
		return c
	}
	c.Capabilities = sortedSet(b.Capabilities)
	c.AllowedParameters = lowerKeys(b.AllowedParameters)
	c.DeniedParameters = lowerKeys(b.DeniedParameters)
	c.RequiredParameters = sortedSet(b.RequiredParameters)
	c.MFAMethods = sortedSet(b.MFAMethods)
	c.MinWrapping, c.MaxWrapping = int64(b.minWrapping), int64(b.maxWrapping)
	c.PaginationLimit, c.FilterPath = b.PaginationLimit, b.FilterPath
	return c
}

func sortedSet(values []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(values)))
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
