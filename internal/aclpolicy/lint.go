package aclpolicy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	// SeverityError is what the server refuses, or what does not do what it says.
	SeverityError Severity = "error"
	// SeverityWarning is what grants more than needed, or has no effect.
	SeverityWarning Severity = "warning"
)

// Finding is one thing to mend in a policy.
type Finding struct {
	Severity Severity
	Path     string // as the policy writes it, without leading slash; empty when it is about the whole policy
	Line     int    // 0 when it is not known
	Message  string // with what to do
}

// String is the finding as one line.
func (f Finding) String() string {
	if f.Line > 0 {
		return fmt.Sprintf("line %d: %s", f.Line, f.Message)
	}
	return f.Message
}

// Facts are what a linter may know besides the policy.
type Facts struct {
	// Mounts are the KV mounts with the version of their engine, 1 or 2. What is
	// said about a version is said of these only.
	Mounts map[string]int
	// Managed are the paths, as policies write them, of the secrets that are
	// there. When there are none, nothing is said about paths that match nothing.
	Managed []string
}

// Lint looks for mistakes in a policy and for rights that are wider than they
// need to be. The findings come in the order of the lines.
func Lint(policy string, facts Facts) []Finding {
	stanzas, err := parse(policy)
	var broken syntaxError
	if errors.As(err, &broken) {
		return []Finding{{Severity: SeverityError, Line: broken.line, Message: broken.text}}
	}
	l := linter{facts: facts, managed: newInventory(facts)}
	for i, each := range stanzas {
		l.at = each
		l.keys()
		l.capabilities()
		l.duplicate(stanzas[:i])
		if l.wellFormed() {
			l.reach()
		}
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return l.findings
}

// linter collects findings about the stanza it is at.
type linter struct {
	facts    Facts
	managed  inventory
	at       stanza
	findings []Finding
}

func (l *linter) add(severity Severity, line int, format string, args ...any) {
	l.findings = append(l.findings, Finding{
		Severity: severity, Path: l.at.path, Line: line,
		Message: fmt.Sprintf("path %q ", l.at.path) + fmt.Sprintf(format, args...) + ".",
	})
}

func (l *linter) bad(format string, args ...any) { l.add(SeverityError, l.at.line, format, args...) }

func (l *linter) warn(format string, args ...any) { l.add(SeverityWarning, l.at.line, format, args...) }

// verbs are what other languages of rights call capabilities.
var verbs = map[string]string{
	"write": `"create" and "update"`, "get": `"read"`, "put": `"create" and "update"`, "post": `"create" and "update"`,
	"remove": `"delete"`, "destroy": `"delete"`, "all": "each capability that is needed", "*": "each capability that is needed",
	"root": `"sudo"`, "admin": "each capability that is needed",
}

func (l *linter) keys() {
	for _, each := range l.at.unknown {
		fix := "remove it"
		if near := nearest(each.name, blockKeys); near != "" {
			fix = "write " + near
		}
		l.add(SeverityError, each.line, "has the key %q, which does not exist: %s", each.name, fix)
	}
}

func (l *linter) capabilities() {
	if len(l.at.capabilities) == 0 && len(l.at.unknown) == 0 {
		l.warn("has no capabilities and so grants nothing: add capabilities, or remove the block")
	}
	var names []string
	for _, each := range l.at.capabilities {
		names = append(names, each.name)
		if slices.Contains(Capabilities, each.name) {
			continue
		}
		fix, known := verbs[strings.ToLower(each.name)]
		if near := nearest(strings.ToLower(each.name), Capabilities); !known && near != "" {
			fix = fmt.Sprintf("%q", near)
		} else if !known {
			fix = "one of " + strings.Join(Capabilities, ", ")
		}
		l.add(SeverityError, each.line, "has the capability %q, which does not exist: write %s", each.name, fix)
	}
	if slices.Contains(names, capabilityDeny) && slices.ContainsFunc(names, func(name string) bool { return name != capabilityDeny }) {
		l.warn("has other capabilities next to deny, which have no effect: write [\"deny\"], or remove deny")
	}
	if slices.Contains(l.at.grants(), capabilitySudo) {
		l.warn("grants sudo, which opens endpoints that only root may use: remove sudo, unless the API documentation of this path asks for it")
	}
}

func (l *linter) duplicate(before []stanza) {
	first := slices.IndexFunc(before, func(s stanza) bool { return s.path == l.at.path })
	if first < 0 {
		return
	}
	where := ""
	if line := before[first].line; line > 0 {
		where = fmt.Sprintf(" (line %d)", line)
	}
	l.warn("has more than one block%s, which are merged, deny before all: write one block with all that it is to grant", where)
}

func (l *linter) wellFormed() bool {
	err := errors.Join(checkWildcards(l.at.path), checkTemplate(l.at.path))
	if err == nil {
		return true
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		l.findings = append(l.findings, Finding{SeverityError, l.at.path, l.at.line, line + "."})
	}
	return false
}

// granted is what the stanza allows, for a message.
func (l *linter) granted() string { return sentence(l.at.grants()) }
