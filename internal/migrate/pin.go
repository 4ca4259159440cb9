package migrate

import (
	"fmt"
	"strconv"
	"strings"
)

// Pin names one version of one secret, like an image digest: it never moves.
type Pin struct {
	SecretID      string // OCID of the secret
	VersionNumber int64  // 1 or greater
}

// String is "<secret OCID>@<version number>".
func (p Pin) String() string { return p.SecretID + "@" + strconv.FormatInt(p.VersionNumber, 10) }

// ParsePin reads "<secret OCID>@<version number>".
func ParsePin(text string) (Pin, error) {
	id, number, found := strings.Cut(text, "@")
	if !found {
		return Pin{}, fmt.Errorf("%q is no pin: want <secret OCID>@<version number>", text)
	}
	if err := ValidateSecretID(id); err != nil {
		return Pin{}, err
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != number {
		return Pin{}, fmt.Errorf("%q is no pin: the version number after @ must be 1 or greater", text)
	}
	return Pin{SecretID: id, VersionNumber: n}, nil
}

// ValidateSecretID accepts the OCID of a vault secret and says what else a
// value looks like. It checks the form only, not whether the secret exists.
func ValidateSecretID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("the secret OCID is empty")
	case strings.TrimSpace(id) != id || strings.ContainsAny(id, " \t\r\n/?#%,"):
		return fmt.Errorf("%q is no secret OCID: it contains white space or a character that no OCID has", id)
	case strings.HasPrefix(id, "ocid1.vaultsecret."):
		return nil
	case strings.HasPrefix(id, "ocid1."):
		kind, _, _ := strings.Cut(strings.TrimPrefix(id, "ocid1."), ".")
		return fmt.Errorf("%q is the OCID of a %s, not of a secret: a secret's begins with ocid1.vaultsecret", id, kind)
	default:
		return fmt.Errorf("%q is no secret OCID: it begins with ocid1.vaultsecret", id)
	}
}
