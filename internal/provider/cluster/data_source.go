// Package cluster has the objects that concern a server as a whole.
package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// serverData is what the data sources that look at the server have in common.
type serverData struct {
	clients *glue.Clients
}

// Configure takes the clients.
func (d *serverData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.clients = glue.FromProvider(req.ProviderData, &resp.Diagnostics)
}

func (d *serverData) client() *openbao.Client { return d.clients.OpenBao.Client }
