package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithValidateConfig = (*autopilotResource)(nil)
	_ resource.ResourceWithImportState    = (*autopilotResource)(nil)
)

// NewRaftAutopilotResource is ocibao_raft_autopilot.
func NewRaftAutopilotResource() resource.Resource {
	identity := glue.NewServerIdentity(glue.IdentityAttribute{Name: "id", Description: "Always autopilot: a cluster has one."})
	return &autopilotResource{glue.NewManagedObject("raft_autopilot", identity, glue.Operations[autopilotModel]{
		Create:     createAutopilot,
		Read:       readAutopilot,
		Update:     updateAutopilot,
		Delete:     resetAutopilot,
		DeleteVerb: "reset",
	})}
}

type autopilotResource struct {
	glue.ManagedObject[autopilotModel]
}

func (r *autopilotResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configures autopilot, which looks after the nodes of a cluster with integrated storage (Raft). A cluster has one configuration, so declare this once. " +
			"Destroying it sets everything back to the defaults named here, so that no dead server is removed any more; " +
			"`min_quorum` stays, as the server cannot unset it, and means nothing then. " +
			"Needs a token of the root namespace, and the capabilities `read` and `update` on `sys/storage/raft/autopilot/configuration`.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Always `autopilot`.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"cleanup_dead_servers": glue.BoolAttribute(false, "Whether servers that are down for `dead_server_last_contact_threshold` are removed from the cluster, "+
				"now and then and when a new one joins. Default `false`; `true` needs `min_quorum`."),
			"dead_server_last_contact_threshold": threshold("Time without contact to the leader after which a server counts as dead. It works with `cleanup_dead_servers` and is then `\"1m\"` at least.", "24h"),
			"last_contact_threshold":             threshold("Time without contact to the leader after which a server counts as unhealthy.", "10s"),
			"max_trailing_logs": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(1000),
				MarkdownDescription: "How many entries of the Raft log a server may be behind before it counts as unhealthy, 1 or more. Default 1000.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"min_quorum": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "Least number of servers that a cluster keeps when dead ones are removed, 3 or more. Default: what the server has, which is 0 where nobody set it; " +
					"a number that was set once cannot be unset.",
				Validators:    []validator.Int64{int64validator.AtLeast(3)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"server_stabilization_time": threshold("Time for which a new server must be healthy before it votes.", "10s"),
			"on_conflict": glue.TextAttribute(glue.OnConflictFail, "What to do on creation when somebody has configured autopilot otherwise: `fail` (default) or `overwrite`. "+
				"The server's defaults, and a configuration that is equal, are no conflict.", glue.OnConflictValue()),
		},
	}
}

// threshold is a duration of a second or more: the server takes a 0 for not set.
func threshold(description, byDefault string) schema.StringAttribute {
	attribute := glue.DurationAttribute(fmt.Sprintf("%s A duration such as `\"90s\"`, of a second or more. Default `%q`.", description, byDefault))
	attribute.Default = stringdefault.StaticString(byDefault)
	attribute.Validators = []validator.String{glue.Checked("duration", func(text string) error {
		if glue.ParseDuration(text).Seconds() < 1 {
			return fmt.Errorf("%q is less than a second, and the server takes 0 for not set", text)
		}
		return nil
	})}
	return attribute
}

func (r *autopilotResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config autopilotModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !config.CleanupDeadServers.ValueBool() {
		return
	}
	if config.MinQuorum.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("min_quorum"), "Missing min_quorum",
			"With cleanup_dead_servers the server needs min_quorum, 3 or more, so that it does not remove nodes until none is left.")
	}
	dead := config.DeadServerLastContactThreshold
	if !dead.IsNull() && !dead.IsUnknown() && dead.Valid() && dead.Seconds() < 60 {
		resp.Diagnostics.AddAttributeError(path.Root("dead_server_last_contact_threshold"), "Threshold too short",
			fmt.Sprintf("With cleanup_dead_servers it must be \"1m\" or more; it is %s.", dead.ValueString()))
	}
}

func createAutopilot(ctx context.Context, client *openbao.Client, plan *autopilotModel) error {
	present, err := client.ReadAutopilot(ctx)
	switch {
	case err != nil, plan.isShownBy(present):
	case !isDefault(present) && plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		err = glue.Hint(errors.New("somebody has configured autopilot otherwise"),
			fmt.Sprintf("Nothing was overwritten. Import the configuration with the ID %q to see the differences, or set on_conflict = \"overwrite\" to replace it.", autopilotID))
	default:
		err = client.WriteAutopilot(ctx, plan.config())
	}
	plan.complete(present)
	return err
}

func readAutopilot(ctx context.Context, client *openbao.Client, state autopilotModel) (autopilotModel, error) {
	config, err := client.ReadAutopilot(ctx)
	if err == nil {
		state.show(config)
	}
	return state, err
}

func updateAutopilot(ctx context.Context, client *openbao.Client, plan, state *autopilotModel) error {
	err := client.WriteAutopilot(ctx, plan.config())
	plan.complete(state.config())
	return err
}

// resetAutopilot sets everything back to the defaults: the server always has a
// configuration.
func resetAutopilot(ctx context.Context, client *openbao.Client, state autopilotModel) error {
	if isDefault(state.config()) {
		return nil
	}
	return client.WriteAutopilot(ctx, openbao.DefaultAutopilot())
}

// ImportState takes the one ID that there is.
func (r *autopilotResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if id := r.ImportedID(ctx, req, resp); id != autopilotID {
		resp.Diagnostics.AddError("Invalid import ID", fmt.Sprintf("A cluster has one configuration of autopilot, and its ID is %q, not %q.", autopilotID, id))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), autopilotID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), glue.OnConflictFail)...)
}
