package ocivault

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Profile is one section of an OCI configuration file, values as they stand
// there: a leading ~ in paths is not expanded, see [ExpandHome]. What the
// section does not have is empty; nothing is inherited from another section.
type Profile struct {
	User              string
	Fingerprint       string
	Tenancy           string
	Region            string
	KeyFile           string
	KeyContent        migrate.Secret
	PassPhrase        migrate.Secret
	SecurityTokenFile string
}

// ReadProfile finds a section in the text of an OCI configuration file. An
// empty name means [DefaultProfile]. When the section is missing, the error
// names those that exist.
//
// A value is everything after the first "=" of its line, which the SDK's own
// reader cuts at a second one. Of a key that occurs twice the last counts, of a
// section the first.
func ReadProfile(data []byte, profile string) (Profile, error) {
	profile = strings.TrimSpace(profile)
	if profile == "" {
		profile = DefaultProfile
	}
	var (
		found    Profile
		names    []string
		complete bool
		inside   bool
	)
	text := strings.TrimPrefix(string(data), "\ufeff")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			name, _, closed := strings.Cut(line[1:], "]")
			if !closed {
				continue
			}
			name = strings.TrimSpace(name)
			complete = complete || inside
			inside = name == profile && !complete
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			continue
		}
		if inside {
			found.set(line)
		}
	}
	switch {
	case complete || inside:
		return found, nil
	case len(names) == 0:
		return Profile{}, fmt.Errorf("profile %q not found: the file has no profiles", profile)
	default:
		return Profile{}, fmt.Errorf("profile %q not found: the file has %s", profile, strings.Join(names, ", "))
	}
}

// set takes one "key = value" line; keys that mean nothing here are passed over.
func (p *Profile) set(line string) {
	key, value, isPair := strings.Cut(line, "=")
	if !isPair {
		return
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "user":
		p.User = value
	case "fingerprint":
		p.Fingerprint = value
	case "tenancy":
		p.Tenancy = value
	case "region":
		p.Region = value
	case "key_file":
		p.KeyFile = value
	case "key_content":
		p.KeyContent = migrate.NewSecret([]byte(value))
	case "pass_phrase", "passphrase":
		p.PassPhrase = migrate.NewSecret([]byte(value))
	case "security_token_file":
		p.SecurityTokenFile = value
	}
}

// ExpandHome replaces a leading ~ of a path by the home directory. "~name" stays
// as it is.
func ExpandHome(path, home string) string {
	if path == "~" {
		return home
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	if rest, ok := strings.CutPrefix(path, `~\`); ok {
		return filepath.Join(home, rest)
	}
	return path
}
