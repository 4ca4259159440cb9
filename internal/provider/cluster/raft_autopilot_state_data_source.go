package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewRaftAutopilotStateDataSource is ocibao_raft_autopilot_state.
func NewRaftAutopilotStateDataSource() datasource.DataSource {
	return &autopilotStateDataSource{glue.NewDataSource("raft_autopilot_state")}
}

type autopilotStateDataSource struct {
	glue.DataSource
}

// autopilotStateModel is the state of the cluster in state.
type autopilotStateModel struct {
	Healthy          types.Bool             `tfsdk:"healthy"`
	FailureTolerance types.Int64            `tfsdk:"failure_tolerance"`
	Leader           types.String           `tfsdk:"leader"`
	Voters           types.List             `tfsdk:"voters"`
	NonVoters        types.List             `tfsdk:"non_voters"`
	Servers          []autopilotServerEntry `tfsdk:"servers"`
}

// autopilotServerEntry is one node of the cluster.
type autopilotServerEntry struct {
	ID          types.String  `tfsdk:"id"`
	Name        types.String  `tfsdk:"name"`
	Address     types.String  `tfsdk:"address"`
	NodeStatus  types.String  `tfsdk:"node_status"`
	Status      types.String  `tfsdk:"status"`
	Version     types.String  `tfsdk:"version"`
	Healthy     types.Bool    `tfsdk:"healthy"`
	LastContact types.Float64 `tfsdk:"last_contact_seconds"`
	LastTerm    types.Int64   `tfsdk:"last_term"`
	LastIndex   types.Int64   `tfsdk:"last_index"`
	StableSince types.String  `tfsdk:"stable_since"`
}

func (d *autopilotStateDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Tells what autopilot thinks of the cluster, as `bao operator raft autopilot state` does. Nothing of it changes the cluster. " +
			"Needs integrated storage with autopilot enabled (the default), a token of the root namespace, and the capability `read` on `sys/storage/raft/autopilot/state`.",
		Attributes: map[string]schema.Attribute{
			"healthy":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every node is healthy."},
			"failure_tolerance": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many healthy nodes may fail before the quorum is lost."},
			"leader":            schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the leader; null while there is none."},
			"voters":            schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "IDs of the nodes that vote, sorted."},
			"non_voters":        schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "IDs of the nodes that do not vote, or not yet, sorted."},
			"servers": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The nodes, sorted by ID.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                   schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the node, `node_id` in its configuration."},
					"name":                 schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the node, the same as the ID as a rule."},
					"address":              schema.StringAttribute{Computed: true, MarkdownDescription: "Host and port at which other nodes reach it."},
					"node_status":          schema.StringAttribute{Computed: true, MarkdownDescription: "`alive`, `failed` or `left`."},
					"status":               schema.StringAttribute{Computed: true, MarkdownDescription: "`leader`, `voter` or `non-voter`."},
					"version":              schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the server that it runs, such as `2.6.2`; null where it told none."},
					"healthy":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it is healthy: in contact with the leader and up to date, within the limits of `ocibao_raft_autopilot`."},
					"last_contact_seconds": schema.Float64Attribute{Computed: true, MarkdownDescription: "Seconds since the leader and the node heard of each other; 0 for the leader."},
					"last_term":            schema.Int64Attribute{Computed: true, MarkdownDescription: "Raft term of its last entry."},
					"last_index":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Raft index of its last entry."},
					"stable_since":         schema.StringAttribute{Computed: true, MarkdownDescription: "Since when its health has been the same, RFC 3339; null where it is not known."},
				}},
			},
		},
	}
}

func (d *autopilotStateDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	state, err := d.Clients.OpenBao.Client.AutopilotState(ctx)
	if err != nil {
		glue.Failure{Verb: "read", Thing: "autopilot state"}.Add(&resp.Diagnostics, err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, showAutopilotState(state))...)
}

func showAutopilotState(state openbao.AutopilotState) autopilotStateModel {
	model := autopilotStateModel{
		Healthy:          types.BoolValue(state.Healthy),
		FailureTolerance: types.Int64Value(state.FailureTolerance),
		Leader:           glue.Text(state.Leader),
		Voters:           glue.StringList(append([]string{}, state.Voters...)),
		NonVoters:        glue.StringList(append([]string{}, state.NonVoters...)),
		Servers:          make([]autopilotServerEntry, len(state.Servers)),
	}
	for i, server := range state.Servers {
		model.Servers[i] = autopilotServerEntry{
			ID:          types.StringValue(server.ID),
			Name:        types.StringValue(server.Name),
			Address:     types.StringValue(server.Address),
			NodeStatus:  types.StringValue(server.NodeStatus),
			Status:      types.StringValue(server.Status),
			Version:     glue.Text(server.Version),
			Healthy:     types.BoolValue(server.Healthy),
			LastContact: types.Float64Value(server.LastContact.Seconds()),
			LastTerm:    types.Int64Value(server.LastTerm),
			LastIndex:   types.Int64Value(server.LastIndex),
			StableSince: glue.Time(server.StableSince),
		}
	}
	return model
}
