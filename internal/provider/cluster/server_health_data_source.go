package cluster

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewServerHealthDataSource is ocibao_server_health.
func NewServerHealthDataSource() datasource.DataSource {
	return &healthDataSource{glue.NewDataSource("server_health")}
}

type healthDataSource struct {
	glue.DataSource
}

func (d *healthDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Asks every node of the provider's `address` for its health (`sys/health`, `sys/leader`), and tells when its certificate expires. " +
			"Whatever a node answers is data, also that it is sealed, and so is that it does not answer: reading this fails for neither, so `check` blocks can judge it. " +
			"Needs no right, and sends no token: with the address in the environment and no `openbao` block, the provider works without one.",
		Attributes: map[string]schema.Attribute{
			"address": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the one node to ask, such as `https://bao-1.example.com:8200`, with the TLS settings of the provider. It gets no token. " +
					"Default: all addresses of the provider.",
			},
			"leader_address": schema.StringAttribute{Computed: true, MarkdownDescription: "API address of the active node, as the nodes tell it; null when none of them knows one."},
			"nodes": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The nodes, in the order of the addresses.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"address":   schema.StringAttribute{Computed: true, MarkdownDescription: "URL that was asked."},
					"reachable": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the node answered. When it did not, what follows is null, but for `error` and, where it showed a certificate, `certificate_not_after`."},
					"error":     schema.StringAttribute{Computed: true, MarkdownDescription: "Why there was no answer; null when there was one."},
					"status_code": schema.Int64Attribute{Computed: true, MarkdownDescription: "Status of `sys/health`: 200 active, 429 standby, 472 and 473 secondary or performance standby, " +
						"501 not initialized, 503 sealed."},
					"initialized": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the node is initialized."},
					"sealed":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the node is sealed."},
					"standby":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the node is a standby. One that is sealed says `true` as well."},
					"leader":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the node is the active one."},
					"leader_address": schema.StringAttribute{Computed: true, MarkdownDescription: "API address of the active node as this one knows it; null when it knows none. " +
						"A standby goes on naming a leader that is down until another one is elected."},
					"version":      schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the server, such as `2.6.2`."},
					"cluster_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the cluster; null while the node is sealed."},
					"cluster_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the cluster; null while the node is sealed."},
					"server_time":  schema.StringAttribute{Computed: true, MarkdownDescription: "Time of the node's clock, RFC 3339, in whole seconds."},
					"certificate_not_after": schema.StringAttribute{Computed: true, MarkdownDescription: "When the certificate of the node expires, RFC 3339, " +
						"also where it did not pass the check; null without TLS."},
				}},
			},
		},
	}
}

func (d *healthDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model healthModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.Clients.OpenBao.RequireAnonymous(&resp.Diagnostics) {
		return
	}
	addresses := d.Clients.OpenBao.Client.Addresses()
	if !model.Address.IsNull() {
		addresses = []string{model.Address.ValueString()}
	}
	nodes := make([]*openbao.Client, len(addresses))
	for i, address := range addresses {
		var err error
		if nodes[i], err = d.Clients.OpenBao.Client.At(address); err != nil {
			glue.Failure{Verb: "ask", Thing: "server", Identity: address}.AddTo(&resp.Diagnostics, path.Root("address"), err)
			return
		}
	}
	model.Nodes = make([]nodeEntry, len(nodes))
	var group sync.WaitGroup
	for i, node := range nodes {
		group.Go(func() {
			health, err := node.NodeHealth(ctx)
			model.Nodes[i] = showNode(addresses[i], health, err)
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		glue.Failure{Verb: "ask for", Thing: "server health"}.Add(&resp.Diagnostics, err)
		return
	}
	model.LeaderAddress = leaderOf(model.Nodes)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// leaderOf is what the nodes say of the leader, the leader itself before others.
func leaderOf(nodes []nodeEntry) types.String {
	leader := types.StringNull()
	for _, node := range nodes {
		if node.Leader.ValueBool() {
			return node.LeaderAddress
		}
		if leader.IsNull() {
			leader = node.LeaderAddress
		}
	}
	return leader
}
