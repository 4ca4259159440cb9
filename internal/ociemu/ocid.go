package ociemu

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// Kinds of OCIDs that the emulator gives out.
const (
	kindTenancy     = "tenancy"
	kindUser        = "user"
	kindCompartment = "compartment"
	kindVault       = "vault"
	kindKey         = "key"
	kindSecret      = "vaultsecret"
)

var ocidAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// newOCID derives the OCID from a counter, so that two emulators that are filled
// alike have the same OCIDs and a test's output can be compared with the last one.
func newOCID(kind, region string, sequence int64) string {
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", kind, region, sequence))
	tail := strings.ToLower(ocidAlphabet.EncodeToString(digest[:]))
	switch kind {
	case kindTenancy, kindUser, kindCompartment:
		return "ocid1." + kind + ".oc1..aaaaaaaa" + tail
	case kindVault, kindKey:
		return "ocid1." + kind + ".oc1." + region + "." + tail[:13] + ".abtheljr" + tail
	default:
		return "ocid1." + kind + ".oc1." + region + ".amaaaaaa" + tail
	}
}

func isOCIDOf(id string, kinds ...string) bool {
	parts := strings.Split(id, ".")
	if len(parts) < 5 || parts[0] != "ocid1" || parts[len(parts)-1] == "" {
		return false
	}
	for _, r := range id {
		if r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	for _, kind := range kinds {
		if parts[1] == kind {
			return true
		}
	}
	return false
}
