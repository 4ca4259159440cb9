package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
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
	_ resource.ResourceWithConfigure      = (*autopilotResource)(nil)
	_ resource.ResourceWithValidateConfig = (*autopilotResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*autopilotResource)(nil)
	_ resource.ResourceWithImportState    = (*autopilotResource)(nil)
	_ resource.ResourceWithIdentity       = (*autopilotResource)(nil)
)

// NewRaftAutopilotResource is ocibao_raft_autopilot.
func NewRaftAutopilotResource() resource.Resource {
	return &autopilotResource{Identity: glue.NewServerIdentity(
		glue.IdentityAttribute{Name: "id", Description: "Always autopilot: a cluster has one."},
	)}
}

type autopilotResource struct {
	glue.OpenBaoObject
	glue.Identity
}

func (r *autopilotResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_raft_autopilot"
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
			"cleanup_dead_servers": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Whether servers that are down for `dead_server_last_contact_threshold` are removed from the cluster, now and then and when a new one joins. " +
					"Default `false`; `true` needs `min_quorum`.",
			},
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
			"on_conflict": schema.StringAttribute{
				Optional: true,
				Computed: true,
				Default:  stringdefault.StaticString(glue.OnConflictFail),
				MarkdownDescription: "What to do on creation when somebody has configured autopilot otherwise: `fail` (default) or `overwrite`. " +
					"The server's defaults, and a configuration that is equal, are no conflict.",
				Validators: []validator.String{stringvalidator.OneOf(glue.OnConflictFail, glue.OnConflictOverwrite)},
			},
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

func (r *autopilotResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan autopilotModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	present, err := r.Client().ReadAutopilot(ctx)
	switch {
	case err != nil, plan.isShownBy(present):
	case !isDefault(present) && plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		err = glue.Hint(errors.New("somebody has configured autopilot otherwise"),
			fmt.Sprintf("Nothing was overwritten. Import the configuration with the ID %q to see the differences, or set on_conflict = \"overwrite\" to replace it.", autopilotID))
	default:
		err = r.Client().WriteAutopilot(ctx, plan.config())
	}
	if err != nil {
		autopilotFailure("create").Add(&resp.Diagnostics, err)
		return
	}
	plan.complete(present)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *autopilotResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state autopilotModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "configuration", "of autopilot") {
		return
	}
	config, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.Autopilot, error) {
		return r.Client().ReadAutopilot(ctx)
	}, state.isShownBy)
	if err != nil {
		autopilotFailure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(config)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *autopilotResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state autopilotModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if plan.config() != state.config() {
		if err := r.Client().WriteAutopilot(ctx, plan.config()); err != nil {
			autopilotFailure("update").Add(&resp.Diagnostics, err)
			return
		}
	}
	plan.complete(state.config())
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *autopilotResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state autopilotModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if isDefault(state.config()) {
		return
	}
	if err := r.Client().WriteAutopilot(ctx, openbao.DefaultAutopilot()); err != nil {
		autopilotFailure("reset").Add(&resp.Diagnostics, err)
	}
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
