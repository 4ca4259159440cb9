// Package source has the data sources that look at OCI Vault. None of them ever
// holds the content of a secret.
package source

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ociDataSource is what the data sources of OCI have in common.
type ociDataSource struct{ glue.DataSource }

func newOCIDataSource(typeName string) ociDataSource {
	return ociDataSource{glue.NewDataSource(typeName)}
}

// require reports whether there is a client, and why not.
func (d *ociDataSource) require(diags *diag.Diagnostics) bool { return d.Clients.OCI.Require(diags) }

func (d *ociDataSource) client() *ocivault.Client { return d.Clients.OCI.Client }

func (d *ociDataSource) now() time.Time { return d.Clients.Clock.Now() }

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
