package openbao

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Remedy says what to do about the error, in full sentences, or is empty where
// the message says it all. For a refusal it holds the stanza that a policy of
// the token needs.
func (e *Error) Remedy() string {
	switch {
	case errors.Is(e, context.Canceled), errors.Is(e, context.DeadlineExceeded):
		return ""
	case errors.Is(e, ErrLogin):
		return "OpenBao did not accept the credentials. Check " + e.advice +
			", the mount of the auth method and the namespace, and whether the address of this machine is within the bound CIDRs."
	case errors.Is(e, ErrWrappingToken):
		return e.advice
	case errors.Is(e, migrate.ErrSealed):
		return "Unseal the server (bao operator unseal), or the namespace, and run this again."
	case errors.Is(e, migrate.ErrNamespaceNotFound) && e.advice != "":
		return fmt.Sprintf("Create the namespace %q, or correct the namespace of the provider block or of its login.", e.Namespace)
	case errors.Is(e, migrate.ErrNamespaceNotFound):
		return fmt.Sprintf("Create the namespace %q, or correct the namespace argument: it is relative to that of the provider block.", e.Namespace)
	case errors.Is(e, migrate.ErrMountNotFound):
		return "Mount the engine first, or correct the path of the mount. If it exists, the token needs a policy with any capability on a path below it."
	case errors.Is(e, migrate.ErrPermissionDenied):
		return e.grant()
	case errors.Is(e, migrate.ErrTooComplex):
		return "OpenBao refuses documents with 500 or more members, or nested too deep. Store the content whole, as format = \"text\", " +
			"or raise max_request_json_strings and its relatives on the listener."
	case errors.Is(e, migrate.ErrTargetUnavailable) && isCertificate(e.Err):
		return "The certificate of the server did not pass. Give its authority in ca_cert_file or ca_cert_pem, or the name it was issued for in tls_server_name; " +
			"if the server speaks plain HTTP, begin the address with http://."
	case errors.Is(e, ErrNotRaft):
		return "This works only with storage \"raft\" in the server's configuration; a development server (bao server -dev) has none. Take the object out of the configuration."
	case errors.Is(e, ErrNoAutopilotState):
		return "Autopilot is disabled on the active node (BAO_RAFT_AUTOPILOT_DISABLE), or the node became the leader only a moment ago: then run this again."
	case errors.Is(e, ErrNoLeader):
		return "The cluster has no leader: it is electing one, or has lost its quorum. More than half of its voting nodes must run and be unsealed. " +
			"See to that (`bao status` on each node, or the data source ocibao_server_health, shows their state) and run this again: it goes on where it ended."
	case errors.Is(e, migrate.ErrTargetUnavailable) && e.Status == 0:
		return fmt.Sprintf("Check that OpenBao runs and that its address is right: it is %s, from the address argument, BAO_ADDR or VAULT_ADDR. "+
			"Check http:// or https:// as well.", e.address)
	case errors.Is(e, migrate.ErrTargetUnavailable):
		return "The server answers but cannot serve the request now: no node is active, or a rate limit holds. Run this again when that is over."
	}
	return ""
}

// grant is the policy stanza that allows what was refused.
func (e *Error) grant() string {
	if len(e.capabilities) == 0 {
		return "The token is wrong, has expired or was revoked. Give a valid one in the token argument, BAO_TOKEN or VAULT_TOKEN, or log in anew."
	}
	where := ""
	if e.Namespace != "" {
		where = fmt.Sprintf(" in the namespace %q", e.Namespace)
	}
	return fmt.Sprintf("Grant this in a policy of the token%s:\n\npath %q {\n  capabilities = [\"%s\"]\n}\n\nThe same answer comes for a token that has expired or was revoked.",
		where, e.policyPath, strings.Join(e.capabilities, `", "`))
}
