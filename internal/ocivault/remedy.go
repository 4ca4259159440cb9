package ocivault

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// tolerated is the difference of clocks beyond which OCI refuses a signature.
const tolerated = 5 * time.Minute

// grants are the least policy statements of each call.
var grants = map[string]string{
	"GetSecret":             "allow group <group> to read secrets in compartment <compartment>",
	"ListSecrets":           "allow group <group> to inspect secrets in compartment <compartment>",
	"ListSecretVersions":    "allow group <group> to inspect secret-versions in compartment <compartment>",
	"GetSecretBundle":       "allow group <group> to read secret-bundles in compartment <compartment>",
	"GetSecretBundleByName": "allow group <group> to read secret-bundles in compartment <compartment>",
	"ListVaults":            "allow group <group> to inspect vaults in compartment <compartment>",
	"ListCompartments":      "allow group <group> to inspect compartments in tenancy",
}

// unobtainable says what to do when a workload gets no identity.
var unobtainable = map[string]string{
	AuthInstancePrincipal: "Run on an OCI compute instance whose dynamic group has a policy, or use another auth, such as " + AuthAPIKey +
		". The metadata service must not be blocked on the instance, and be of version 2.",
	AuthResourcePrincipal:   "Run in an OCI resource that has a resource principal, such as a function, or use another auth, such as " + AuthAPIKey + ".",
	AuthOKEWorkloadIdentity: "Run in a pod of an enhanced OKE cluster whose service account has a policy, or use another auth, such as " + AuthAPIKey + ".",
}

// Remedy says what to do about the error, as a sentence or two in plain text;
// empty when there is nothing to advise.
func (e *Error) Remedy() string {
	switch {
	case errors.Is(e, migrate.ErrPendingDeletion):
		return "Cancel the deletion in OCI and wait until the secret is ACTIVE again, or leave the secret out."
	case errors.Is(e, migrate.ErrRetrievalBlocked):
		return "Create a new version of the secret in OCI, or change its expiry rule so that it does not block retrieval."
	case errors.Is(e, migrate.ErrNotBase64):
		return "Store the secret in OCI again: its content does not decode."
	case errors.Is(e, migrate.ErrSourceVersionNotFound):
		return fmt.Sprintf("Check the version against the secret's versions in OCI, and grant: %s.", grants[e.Operation])
	case e.Status == http.StatusNotFound:
		return fmt.Sprintf("Check the %s and the region, and grant: %s.", subject(e.Operation), grants[e.Operation])
	case e.Status == http.StatusForbidden:
		return fmt.Sprintf("Grant: %s.", grants[e.Operation])
	case e.Status == 0 && errors.Is(e, migrate.ErrUnauthenticated):
		return unobtainable[e.auth]
	case e.Status == http.StatusUnauthorized:
		return e.unauthorizedRemedy()
	case e.Status == http.StatusTooManyRequests:
		return "Lower max_concurrency or raise retry_max_elapsed."
	case errors.Is(e, migrate.ErrSourceUnavailable) && e.Status == 0:
		return "Check the region, the endpoints, the network and the proxy settings (HTTPS_PROXY, NO_PROXY)."
	case errors.Is(e, migrate.ErrSourceUnavailable):
		return "Try again later, or raise retry_max_elapsed."
	}
	return ""
}

func (e *Error) unauthorizedRemedy() string {
	if e.skew.Abs() > tolerated {
		direction := "behind"
		if e.skew < 0 {
			direction = "ahead of"
		}
		return fmt.Sprintf("Set this machine's clock: it is %s %s OCI's, which tolerates five minutes.", e.skew.Abs().Round(time.Second), direction)
	}
	switch e.auth {
	case AuthSecurityToken:
		return "Renew the session, for it has probably expired: oci session refresh, or oci session authenticate."
	case AuthInstancePrincipal, AuthResourcePrincipal, AuthOKEWorkloadIdentity:
		return "OCI does not accept the token of " + e.auth + ": check that it is of this region's realm and not expired, and that this machine's clock is right within five minutes."
	}
	return "Check that the API key with this fingerprint is registered for the user, that the user belongs to the tenancy, and that this machine's clock is right within five minutes."
}

func subject(operation string) string {
	switch operation {
	case "GetSecretBundleByName":
		return "name (upper and lower case count), the vault's OCID"
	case "ListSecrets", "ListVaults", "ListCompartments":
		return "compartment's OCID"
	default:
		return "OCID"
	}
}
