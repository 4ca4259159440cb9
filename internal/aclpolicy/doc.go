// Package aclpolicy reads, compares and writes ACL policies and looks for mistakes
// in them. It knows the language of policies and the paths of KV engines, and asks
// no server.
package aclpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Capabilities are the capabilities that a policy may name.
var Capabilities = []string{"create", "read", "update", "patch", "delete", "list", "scan", "sudo", "deny"}

// The capabilities that are looked at.
const (
	capabilityDeny = "deny"
	capabilityList = "list"
	capabilityRead = "read"
	capabilityScan = "scan"
	capabilitySudo = "sudo"
)

// CheckPath refuses a path that OpenBao refuses or cleans up, or whose asterisk
// does not do what it seems to.
func CheckPath(path string) error {
	switch {
	case path == "":
		return errors.New("the path is empty")
	case strings.HasPrefix(path, "/"):
		return fmt.Errorf("path %q begins with a slash, which OpenBao takes off: remove the leading slash", path)
	case strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("path %q contains an unprintable character, which no request can have: remove it", path)
	}
	return errors.Join(checkWildcards(path), checkTemplate(path))
}

func checkWildcards(path string) error {
	if strings.Contains(path, "+*") {
		return fmt.Errorf("path %q: the wildcards + and * may not follow each other: write +/* for a segment and all below it", path)
	}
	if at := strings.Index(path, "*"); at >= 0 && at < len(path)-1 {
		fix := ""
		if segmentwise := strings.ReplaceAll(path[:len(path)-1], "/*/", "/+/") + path[len(path)-1:]; segmentwise != path {
			fix = fmt.Sprintf("; for any one segment write %q", segmentwise)
		}
		return fmt.Errorf("path %q: an asterisk is a wildcard only at the end of a path, and taken literally before%s", path, fix)
	}
	return nil
}

func checkTemplate(path string) error {
	if !balanced(path) {
		return fmt.Errorf("path %q: the {{ }} of a template are not balanced", path)
	}
	return nil
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

// CheckCapabilities refuses capabilities that do not go together. Whether each
// of them exists is not looked at.
func CheckCapabilities(capabilities []string) error {
	if slices.Contains(capabilities, capabilityDeny) && len(capabilities) > 1 {
		return errors.New("next to deny, no other capability counts: write [\"deny\"], or remove deny")
	}
	return nil
}

// CheckDescription refuses what cannot stand in a comment.
func CheckDescription(text string) error {
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return fmt.Errorf("the description contains the unprintable character %U: remove it", r)
		}
	}
	return nil
}

// CheckLiteral refuses a mount or the name of a secret that a policy would take
// for a wildcard or a template.
func CheckLiteral(path string) error {
	switch {
	case strings.Contains(path, "*"):
		return fmt.Errorf("%q contains an asterisk, which is a wildcard at the end of a path: name each secret, or write the wildcard as a path of rules", path)
	case slices.Contains(strings.Split(path, "/"), "+"):
		return fmt.Errorf("%q has the segment +, which is a wildcard: name each secret, or write the wildcard as a path of rules", path)
	case strings.Contains(path, "{{") || strings.Contains(path, "}}"):
		return fmt.Errorf("%q contains the braces of a template: write it as a path of rules", path)
	}
	return nil
}
