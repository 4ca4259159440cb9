package aclpolicy

import (
	"slices"
	"strings"
)

// KVRead asks for the right to read secrets of a KV engine.
type KVRead struct {
	Mount   string
	Version int // of the engine: 1 or 2
	Names   []string
	List    bool // also list the folders that the secrets are in
}

// Rules are the exact paths that reading takes, in the order of the names, then
// the folders. Listing shows the names of all that is in a folder.
func (k KVRead) Rules() []Rule {
	var rules []Rule
	add := func(path, capability string) {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.Path == path }) {
			rules = append(rules, Rule{Path: path, Capabilities: []string{capability}})
		}
	}
	values, names := k.Mount+"/", k.Mount+"/"
	if k.Version == 2 {
		values, names = k.Mount+"/data/", k.Mount+"/metadata/"
	}
	for _, name := range k.Names {
		add(values+name, capabilityRead)
	}
	if k.List {
		for _, name := range k.Names {
			add(names+name[:strings.LastIndex(name, "/")+1], capabilityList)
		}
	}
	return rules
}
