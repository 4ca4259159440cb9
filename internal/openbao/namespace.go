package openbao

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// rootNamespace is the name that OpenBao takes for the root namespace when it
// is the whole of the header.
const rootNamespace = "root"

// reservedNamespaces are the names that OpenBao allows for no namespace.
var reservedNamespaces = []string{".", "..", rootNamespace, "sys", "audit", "auth", "cubbyhole", "identity"}

// JoinNamespace puts an object's namespace below the provider's. Slashes around
// either are dropped, and "root" as a provider namespace, or alone, is the root
// namespace, which is the empty string. The object's is always relative:
// "team" below "team" is "team/team".
func JoinNamespace(provider, object string) string {
	provider, object = strings.Trim(provider, "/"), strings.Trim(object, "/")
	if provider == rootNamespace {
		provider = ""
	}
	switch {
	case provider == "" && object == rootNamespace:
		return ""
	case provider == "":
		return object
	case object == "":
		return provider
	}
	return provider + "/" + object
}

// ValidateNamespace checks a namespace, provider's or object's, without its
// existence: no empty or reserved segment, no white space or control character.
// The empty namespace and "root" are valid.
func ValidateNamespace(namespace string) error {
	trimmed := strings.Trim(namespace, "/")
	if trimmed == "" || trimmed == rootNamespace {
		return nil
	}
	for segment := range strings.SplitSeq(trimmed, "/") {
		switch {
		case segment == "":
			return fmt.Errorf("%q has an empty segment: remove the double slash", namespace)
		case slices.Contains(reservedNamespaces, segment):
			return fmt.Errorf("%q contains %q, which OpenBao reserves and which no namespace is called", namespace, segment)
		case strings.IndexFunc(segment, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) >= 0:
			return fmt.Errorf("%q contains white space or a control character, which no namespace name has", namespace)
		}
	}
	return nil
}
