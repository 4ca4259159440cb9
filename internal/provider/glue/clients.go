// Package glue joins the plugin framework and the adapters: it hands the clients
// to the objects, turns errors into diagnostics, and has the types and checks
// that several objects share.
package glue

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// Clients is what the provider hands to its objects. Only the side that an
// object uses needs to be configured.
type Clients struct {
	OpenBao Side[*openbao.Client]
	OCI     Side[*ocivault.Client]
	Clock   migrate.Clock
	// Preflight looks ahead at the rights of an apply; nil when that is not asked for.
	Preflight *Preflight

	mounts sync.Map // of what is planned: place to migrate.Engine
}

// Side is one of the two ends.
type Side[T any] struct {
	Client T
	// Unknown names the provider settings whose values the plan cannot know yet.
	Unknown []string
	// Problems is why there is no client, when Unknown is empty.
	Problems diag.Diagnostics
	// Anonymous says that there is a client all the same, for what needs no login:
	// nothing but the login is missing.
	Anonymous bool
}

// RequireAnonymous is Require for an object that needs no login.
func (s Side[T]) RequireAnonymous(diags *diag.Diagnostics) bool {
	return s.Anonymous || s.Require(diags)
}

// Require reports whether there is a client, and where there is none says why.
func (s Side[T]) Require(diags *diag.Diagnostics) bool {
	if len(s.Unknown) > 0 {
		diags.AddError("Provider settings are not known yet", fmt.Sprintf(
			"%s of the ocibao provider depends on something that is known only after apply, so nothing can be read through it now. "+
				"Apply what it depends on first (for example with -target), or give it a value that is known.",
			strings.Join(s.Unknown, ", ")))
		return false
	}
	diags.Append(s.Problems...)
	return !s.Problems.HasError()
}

// NotRefreshed warns that a resource kept its state because provider settings
// are not known yet.
func NotRefreshed(diags *diag.Diagnostics, thing string) {
	diags.AddWarning("Not refreshed: provider settings are not known yet", fmt.Sprintf(
		"The %s was left as the state has it, because a setting of the ocibao provider is known only after apply.", thing))
}

// FromProvider reads the clients out of a Configure request. Before the provider
// is configured there are none, and nil is returned without a diagnostic.
func FromProvider(data any, diags *diag.Diagnostics) *Clients {
	if data == nil {
		return nil
	}
	clients, right := data.(*Clients)
	if !right {
		diags.AddError("Unable to configure an object of the provider", fmt.Sprintf("This is a defect of the provider: it handed over a %T.", data))
		return nil
	}
	return clients
}

// Ports are the ports of the migration core over both clients.
func (c *Clients) Ports() migrate.Ports {
	return migrate.Ports{Source: c.OCI.Client, Target: c.OpenBao.Client, Clock: c.Clock}
}
