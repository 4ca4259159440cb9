// Package source has the data sources that look at OCI Vault. None of them ever
// holds the content of a secret.
package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ociObject is what the data sources of OCI have in common.
type ociObject struct {
	clients *glue.Clients
}

// Configure takes the clients.
func (o *ociObject) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	o.clients = glue.FromProvider(req.ProviderData, &resp.Diagnostics)
}

// require reports whether there is a client, and why not.
func (o *ociObject) require(diags *diag.Diagnostics) bool { return o.clients.OCI.Require(diags) }

func (o *ociObject) client() *ocivault.Client { return o.clients.OCI.Client }

func (o *ociObject) now() time.Time { return o.clients.Clock.Now() }

func failure(identity string) glue.Failure {
	return glue.Failure{Verb: "read", Thing: "secret", Identity: identity}
}

// readable tells whether a secret in this state gives its content.
func readable(state string) bool {
	return state == migrate.StateActive || state == migrate.StateUpdating
}

// label names a secret for a person.
func label(s ocivault.SecretSummary) string {
	text := fmt.Sprintf("%s (%s), %s", s.Name, s.ID, s.LifecycleState)
	if at := glue.Time(s.TimeOfDeletion); !at.IsNull() {
		text += ", to be deleted at " + at.ValueString()
	}
	return text
}

// enumerate lists secrets one a line, cut off where nobody reads on.
func enumerate(secrets []ocivault.SecretSummary) string {
	const most = 20
	var lines strings.Builder
	for i, secret := range secrets {
		if i == most {
			fmt.Fprintf(&lines, "\n  - and %d more", len(secrets)-most)
			break
		}
		lines.WriteString("\n  - " + label(secret))
	}
	return lines.String()
}

// isAboutArgument tells errors that another secret or compartment, or another
// grant on this one, would not have.
func isAboutArgument(err error) bool {
	for _, kind := range []error{
		migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound, migrate.ErrSourceForbidden,
		migrate.ErrPendingDeletion, migrate.ErrRetrievalBlocked, migrate.ErrNotBase64, errNotOne,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
