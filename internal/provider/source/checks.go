package source

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// lifecycleStates are the states of a secret in the OCI Vault API.
var lifecycleStates = []string{
	"CREATING", migrate.StateActive, migrate.StateUpdating, migrate.StateSchedulingDeletion, migrate.StatePendingDeletion,
	migrate.StateCancellingDeletion, migrate.StateDeleting, migrate.StateDeleted, "FAILED",
}

func secretOCID() validator.String { return glue.Checked("secret OCID", migrate.ValidateSecretID) }

func vaultOCID() validator.String { return glue.Checked("vault OCID", isOCID("vault")) }

func compartmentOCID() validator.String {
	return glue.Checked("compartment OCID", isOCID("compartment", "tenancy"))
}

// isOCID makes a check for the OCID of one of these kinds. Old tenancies still
// have OCIDs that begin with "ocidv1:<kind>:".
func isOCID(kinds ...string) func(string) error {
	return func(id string) error {
		if strings.ContainsAny(id, " \t\r\n/?#%,") {
			return fmt.Errorf("%q is no OCID of a %s: it contains white space or a character that no OCID has", id, strings.Join(kinds, " or "))
		}
		for _, kind := range kinds {
			if strings.HasPrefix(id, "ocid1."+kind+".") || strings.HasPrefix(id, "ocidv1:"+kind+":") {
				return nil
			}
		}
		if rest, is := strings.CutPrefix(id, "ocid1."); is {
			kind, _, _ := strings.Cut(rest, ".")
			return fmt.Errorf("%q is the OCID of a %s, not of a %s", id, kind, strings.Join(kinds, " or "))
		}
		return fmt.Errorf("%q is no OCID of a %s: it begins with ocid1.%s", id, strings.Join(kinds, " or "), strings.Join(kinds, " or ocid1."))
	}
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

func secretName() validator.String { return glue.Checked("secret name", checkName) }

func versionName() validator.String { return glue.Checked("version name", checkName) }

func checkName(name string) error {
	if namePattern.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is no name that OCI allows: want 1 to 255 letters, digits, underscores, hyphens and periods", name)
}

func regularExpression() validator.String {
	return glue.Checked("regular expression", func(pattern string) error {
		_, err := regexp.Compile(pattern)
		return err
	})
}
