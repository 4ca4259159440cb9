package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewRaftPeersDataSource is ocibao_raft_peers.
func NewRaftPeersDataSource() datasource.DataSource {
	return &peersDataSource{glue.NewDataSource("raft_peers")}
}

type peersDataSource struct {
	glue.DataSource
}

// peersModel is the list of peers in state.
type peersModel struct {
	Peers  []peerEntry  `tfsdk:"peers"`
	Leader types.String `tfsdk:"leader"`
	Voters types.Int64  `tfsdk:"voters"`
}

// peerEntry is one peer of the list.
type peerEntry struct {
	NodeID          types.String `tfsdk:"node_id"`
	Address         types.String `tfsdk:"address"`
	Leader          types.Bool   `tfsdk:"leader"`
	Voter           types.Bool   `tfsdk:"voter"`
	ProtocolVersion types.String `tfsdk:"protocol_version"`
}

func (d *peersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the nodes of the cluster as the Raft configuration has them, as `bao operator raft list-peers` does: nodes that are down are among them. " +
			"Needs integrated storage, a token of the root namespace, and the capability `read` on `sys/storage/raft/configuration`.",
		Attributes: map[string]schema.Attribute{
			"peers": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The nodes, sorted by ID.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"node_id":          schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the node, `node_id` in its configuration."},
					"address":          schema.StringAttribute{Computed: true, MarkdownDescription: "Host and port at which other nodes reach it, `cluster_addr` in its configuration."},
					"leader":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it is the leader."},
					"voter":            schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it votes."},
					"protocol_version": schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the Raft protocol that it speaks."},
				}},
			},
			"leader": schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the leader; null while there is none."},
			"voters": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many nodes vote, those included that are down."},
		},
	}
}

func (d *peersDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	peers, err := d.Clients.OpenBao.Client.RaftPeers(ctx)
	if err != nil {
		glue.Failure{Verb: "read", Thing: "Raft peers"}.Add(&resp.Diagnostics, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, showPeers(peers))...)
}

func showPeers(peers []openbao.RaftPeer) peersModel {
	model := peersModel{Peers: make([]peerEntry, len(peers)), Leader: types.StringNull()}
	voters := int64(0)
	for i, peer := range peers {
		model.Peers[i] = peerEntry{
			NodeID:          types.StringValue(peer.NodeID),
			Address:         types.StringValue(peer.Address),
			Leader:          types.BoolValue(peer.Leader),
			Voter:           types.BoolValue(peer.Voter),
			ProtocolVersion: glue.Text(peer.ProtocolVersion),
		}
		if peer.Leader {
			model.Leader = types.StringValue(peer.NodeID)
		}
		if peer.Voter {
			voters++
		}
	}
	model.Voters = types.Int64Value(voters)
	return model
}
