package glue

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// OpenBaoObject is what resources that live in OpenBao alone have in common.
type OpenBaoObject struct {
	Identity
	clients *Clients
}

// NewOpenBaoObject is an object of that identity.
func NewOpenBaoObject(identity Identity) OpenBaoObject { return OpenBaoObject{Identity: identity} }

// Configure takes the clients.
func (o *OpenBaoObject) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	o.clients = FromProvider(req.ProviderData, &resp.Diagnostics)
}

// Clients are the clients of both sides.
func (o *OpenBaoObject) Clients() *Clients { return o.clients }

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
func (o *OpenBaoObject) Refreshes(diags *diag.Diagnostics, thing string) bool {
	if len(o.clients.OpenBao.Unknown) > 0 {
		NotRefreshed(diags, thing)
		return false
	}
	return o.Require(diags)
}

// Written leaves the state with what was written just now.
func (o *OpenBaoObject) Written(ctx context.Context, model any, state *tfsdk.State, identity *tfsdk.ResourceIdentity, private PrivateWriter, diags *diag.Diagnostics) {
	diags.Append(state.Set(ctx, model)...)
	o.Identify(ctx, *state, identity, diags)
	o.noteWrite(ctx, private, diags)
}
