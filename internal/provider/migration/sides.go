package migration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// sides is what resources that read OCI and write OpenBao have in common.
type sides struct {
	clients *glue.Clients
}

// Configure takes the clients.
func (s *sides) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	s.clients = glue.FromProvider(req.ProviderData, &resp.Diagnostics)
}

// ready reports whether both clients are there, and why not.
func (s *sides) ready(diags *diag.Diagnostics) bool {
	openBao, oci := s.clients.OpenBao.Require(diags), s.clients.OCI.Require(diags)
	return openBao && oci
}

// unknown reports whether settings of the provider are not known yet.
func (s *sides) unknown() bool { return len(s.clients.OpenBao.Unknown)+len(s.clients.OCI.Unknown) > 0 }
