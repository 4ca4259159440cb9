package aclpolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Attempt is how a real attempt to read a path ended.
type Attempt string

const (
	// AttemptRead means that the path was read.
	AttemptRead Attempt = "read"
	// AttemptMissing means that the path may be read, but nothing is stored there.
	AttemptMissing Attempt = "missing"
	// AttemptDenied means that the server refused.
	AttemptDenied Attempt = "denied"
)

// Together are the capabilities that a new rule for a path needs where some are granted
// by other rules: a more exact rule replaces those with wildcards instead of adding to
// them.
func Together(wanted, granted []string) []string {
	all := slices.Clone(wanted)
	for _, capability := range granted {
		if capability != capabilityDeny && !slices.Contains(all, capability) {
			all = append(all, capability)
		}
	}
	return all
}

// Access is what somebody must and must not be able to do, by paths of requests.
type Access struct {
	MustRead    []string
	MustNotRead []string
	MustHave    map[string][]string // capabilities
}

// Paths are all paths of the expectation, sorted, each once.
func (a Access) Paths() []string {
	paths := slices.Concat(a.MustRead, a.MustNotRead, slices.Collect(maps.Keys(a.MustHave)))
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Found is what was found out about somebody's access.
type Found struct {
	Capabilities map[string][]string // of each path
	Attempts     map[string]Attempt  // of paths that were tried
	// Policies are the texts of the policies by name, as far as they are known; they
	// only help to tell which rule is to blame.
	Policies map[string]string
	// Names are the names of all policies.
	Names []string
	// Values gives the path that was probably meant where a path leaves out the data/
	// of KV v2; "" where it does not.
	Values func(path string) string
}

// May reports whether a path has a capability.
func (f Found) May(path, capability string) bool {
	granted := f.Capabilities[path]
	return slices.Contains(granted, capability) || slices.Contains(granted, capabilityRoot)
}

const capabilityRoot = "root"

// Violations says what is not as it must be, one line each with what to do about
// it, sorted by path.
func (a Access) Violations(found Found) []string {
	var lines []string
	for _, path := range a.Paths() {
		if slices.Contains(a.MustRead, path) {
			lines = appendText(lines, found.cannotRead(path))
		}
		if slices.Contains(a.MustNotRead, path) {
			lines = appendText(lines, found.canRead(path))
		}
		lines = appendText(lines, found.lacks(path, a.MustHave[path]))
	}
	return lines
}

func appendText(lines []string, line string) []string {
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// cannotRead says why a path that must be readable is not.
func (f Found) cannotRead(path string) string {
	attempt := f.Attempts[path]
	switch {
	case !f.May(path, capabilityRead):
		return path + " must be readable, but " + f.refusal(path, capabilityRead) + f.meant(path)
	case attempt == AttemptMissing:
		return path + " may be read, but nothing is stored there: store the value first, or correct the path" + f.meant(path)
	case attempt == AttemptDenied:
		return path + " must be readable, and a policy allows it, but the server refused: the rule demands parameters or a wrapped answer, " +
			"or the token is bound to other addresses"
	}
	return ""
}

// canRead says why a path that must not be readable is.
func (f Found) canRead(path string) string {
	switch {
	case f.May(path, capabilityRead):
		return path + " must not be readable, but is: " + f.remove(path)
	case f.Attempts[path] == AttemptRead || f.Attempts[path] == AttemptMissing:
		return path + " must not be readable, and no policy names it, but the server did not refuse: whoever is logged in may read it"
	}
	return ""
}

// lacks says which capabilities are missing on a path.
func (f Found) lacks(path string, wanted []string) string {
	var missing []string
	for _, capability := range wanted {
		if !f.May(path, capability) {
			missing = append(missing, capability)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	slices.Sort(missing)
	return path + " must allow " + sentence(wanted) + ", but " + f.refusal(path, missing...)
}

// refusal says what there is instead of the missing capabilities, and the line that
// would grant them.
func (f Found) refusal(path string, missing ...string) string {
	if rule := f.rule(path, stanza.denies); rule != "" {
		return rule + " denies it: remove that rule, or its deny"
	}
	has := "grant nothing there"
	granted := Together(nil, f.Capabilities[path])
	if len(granted) > 0 {
		has = "grant only " + sentence(granted) + " there"
	}
	line := strings.Join(strings.Fields(Render([]Rule{{Path: path, Capabilities: Together(missing, granted)}})), " ")
	return "its policies (" + f.names() + ") " + has + ": add " + line
}

// remove says which rule lets a path be read.
func (f Found) remove(path string) string {
	if rule := f.rule(path, stanza.reads); rule != "" {
		return rule + " allows it: name only what is needed there, or remove read"
	}
	return "one of its policies (" + f.names() + ") allows it: remove read from the rule that covers the path"
}

func (f Found) names() string {
	if len(f.Names) == 0 {
		return "it has none"
	}
	return strings.Join(f.Names, ", ")
}

// rule names the most exact rule that covers a path and has a quality.
func (f Found) rule(path string, has func(stanza) bool) string {
	best, name := "", ""
	for _, policy := range slices.Sorted(maps.Keys(f.Policies)) {
		stanzas, err := parse(f.Policies[policy])
		if err != nil {
			continue
		}
		for _, each := range stanzas {
			if has(each) && matches(anyTemplate(each.path), path) && (name == "" || len(each.path) > len(best)) {
				best, name = each.path, policy
			}
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf("path %q of the policy %q", best, name)
}

func (s stanza) reads() bool { return slices.Contains(s.grants(), capabilityRead) }

func (s stanza) denies() bool {
	return slices.ContainsFunc(s.capabilities, func(each word) bool { return each.name == capabilityDeny })
}

func (f Found) meant(path string) string {
	if f.Values == nil {
		return ""
	}
	if value := f.Values(path); value != "" {
		return fmt.Sprintf(" (the mount is KV v2, which keeps values below data/: did you mean %s?)", value)
	}
	return ""
}
