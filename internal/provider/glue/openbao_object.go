package glue

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// OpenBaoObject is what resources that live in OpenBao alone have in common.
type OpenBaoObject struct {
	clients *Clients
}

// Configure takes the clients.
func (o *OpenBaoObject) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	o.clients = FromProvider(req.ProviderData, &resp.Diagnostics)
}

// Client is the OpenBao client; there is one after Require or Refreshes.
func (o *OpenBaoObject) Client() *openbao.Client { return o.clients.OpenBao.Client }

// Now is the time.
func (o *OpenBaoObject) Now() time.Time { return o.clients.Clock.Now() }

// Require reports whether there is a client, and why not.
func (o *OpenBaoObject) Require(diags *diag.Diagnostics) bool {
	return o.clients.OpenBao.Require(diags)
}

// Refreshes reports whether a Read can ask the server. While provider settings
// are unknown it warns, and the state stays as it is.
func (o *OpenBaoObject) Refreshes(diags *diag.Diagnostics, thing, identity string) bool {
	if len(o.clients.OpenBao.Unknown) > 0 {
		NotRefreshed(diags, thing, identity)
		return false
	}
	return o.Require(diags)
}
