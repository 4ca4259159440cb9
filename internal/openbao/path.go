package openbao

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ValidateMount checks the path of a mount: what OpenBao refuses, and what it
// takes but cleans up, so that the path it reports would be another one.
func ValidateMount(path string) error { return validatePath("mount", path) }

// ValidateName checks the name of a secret, its path below the mount. A space
// inside is allowed, as are all printable characters.
func ValidateName(name string) error { return validatePath("name", name) }

func validatePath(what, path string) error {
	switch {
	case path == "":
		return fmt.Errorf("the %s is empty", what)
	case strings.HasPrefix(path, "/"):
		return fmt.Errorf("%s %q begins with a slash: remove the leading slash", what, path)
	case strings.HasSuffix(path, "/"):
		return fmt.Errorf("%s %q ends with a slash: remove the trailing slash", what, path)
	case !utf8.ValidString(path):
		return fmt.Errorf("%s %q is not valid UTF-8", what, path)
	}
	for i, r := range path {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s %q contains the unprintable character %U at byte %d, which OpenBao refuses: remove it", what, path, r, i)
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "":
			return fmt.Errorf("%s %q has an empty segment: replace the double slash by one", what, path)
		case segment == "." || segment == "..":
			return fmt.Errorf("%s %q has the segment %q, which is resolved on the way to the server: remove it", what, path, segment)
		case strings.TrimSpace(segment) != segment:
			return fmt.Errorf("%s %q has a space at the edge of %q: remove it", what, path, segment)
		}
	}
	return nil
}

// roleName is what the AppRole method routes to a role; anything else it does
// not find.
var roleName = regexp.MustCompile(`^\w(([\w.-]+)?\w)?$`)

// ValidateRoleName checks the name of an AppRole role: letters, digits and
// underscores, with dots and dashes in between. Case makes no difference to
// OpenBao.
func ValidateRoleName(name string) error {
	if !roleName.MatchString(name) {
		return fmt.Errorf("role %q is no role name: use letters, digits and underscores, with dots and dashes in between", name)
	}
	return nil
}
