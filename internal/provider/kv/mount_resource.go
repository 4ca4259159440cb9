// Package kv has the objects that manage KV secrets engines.
package kv

import (
	"context"
	"errors"
	"fmt"
	"math"

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

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*mountResource)(nil)
	_ resource.ResourceWithValidateConfig = (*mountResource)(nil)
	_ resource.ResourceWithImportState    = (*mountResource)(nil)
	_ resource.ResourceWithIdentity       = (*mountResource)(nil)
)

// NewMountResource is ocibao_kv_mount.
func NewMountResource() resource.Resource {
	return &mountResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "path", Description: "Path of the mount."},
	)}
}

type mountResource struct {
	glue.OpenBaoObject
	glue.Identity
}

func (r *mountResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_kv_mount"
}

func (r *mountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Mounts a KV secrets engine, version 1 or 2. A mount that holds anything is not unmounted unless `force_destroy` is `true`. " +
			"A mount that exists already and is configured the same is adopted without a write; another one is left alone, and is taken over by import.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Path of the mount, without leading or trailing slash. Changing it forces replacement.",
				Validators:          []validator.String{glue.MountPath()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
			"version": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				Default:  int64default.StaticInt64(2),
				MarkdownDescription: "Version of the KV engine: 2 (default) or 1. From 1 to 2 the mount is upgraded in place, with what it holds; " +
					"from 2 to 1 forces replacement.",
				Validators:    []validator.Int64{int64validator.OneOf(1, 2)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplaceIf(isDowngrade, "going back to version 1 forces replacement", "going back to version 1 forces replacement")},
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				MarkdownDescription: "Description for people.",
			},
			"default_lease_ttl": glue.DurationAttribute("Default lease TTL of the mount, as a duration such as `\"1h\"`. Default `\"0s\"`: that of the system."),
			"max_lease_ttl":     glue.DurationAttribute("Longest lease TTL of the mount, as a duration such as `\"24h\"`. Default `\"0s\"`: that of the system."),
			"listing_visibility": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString("hidden"),
				MarkdownDescription: "Whether the mount is listed for those who are not logged in: `hidden` (default) or `unauth`.",
				Validators:          []validator.String{stringvalidator.OneOf("hidden", "unauth")},
			},
			"local":     glue.ReplacedBoolAttribute("Whether the mount is left out of replication. Default `false`. Changing it forces replacement."),
			"seal_wrap": glue.ReplacedBoolAttribute("Whether the values are wrapped by the seal as well, where the server can. Default `false`. Changing it forces replacement."),
			"max_versions": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(0),
				MarkdownDescription: "Versions to keep of each secret, on KV v2. Default 0: the server's default of 10.",
				Validators:          []validator.Int64{int64validator.Between(0, math.MaxUint32)},
			},
			"cas_required": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether every write must use check-and-set, on KV v2. Default `false`. The provider's own writes always do.",
			},
			"delete_version_after": glue.DisablableDurationAttribute("Age at which versions are soft-deleted, on KV v2, as a duration such as `\"720h\"`. " +
				"Default `\"0s\"`: never, unless a secret says otherwise for itself; `\"-1s\"` does not let it."),
			"force_destroy": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether a mount that still holds secrets is unmounted, which destroys them all, when the resource is destroyed or replaced. Default `false`.",
			},
			"accessor": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Accessor that the server gave the mount.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

func isDowngrade(_ context.Context, req planmodifier.Int64Request, resp *int64planmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = !req.PlanValue.IsUnknown() && req.PlanValue.ValueInt64() < req.StateValue.ValueInt64()
}

func (r *mountResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config mountModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	glue.CheckLeaseTTLs(&resp.Diagnostics, config.DefaultLeaseTTL, config.MaxLeaseTTL)
	if config.Version.ValueInt64() != 1 {
		return
	}
	for name, set := range map[string]bool{
		"max_versions":         config.MaxVersions.ValueInt64() != 0,
		"cas_required":         config.CASRequired.ValueBool(),
		"delete_version_after": config.DeleteVersionAfter.Seconds() != 0,
	} {
		if set {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Not on KV v1", name+" is a setting of KV v2. Remove it, or set version = 2.")
		}
	}
}

func (r *mountResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan mountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	mount, err := create(ctx, r.Client(), plan.mount())
	if err != nil {
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("path"), err)
		return
	}
	plan.show(mount)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// create mounts, or adopts what an interrupted run left: a mount like the one
// asked for, whose KV v2 settings may still be missing as long as it is empty.
func create(ctx context.Context, client *openbao.Client, wanted openbao.KVMount) (openbao.KVMount, error) {
	err := client.CreateKVMount(ctx, wanted)
	if errors.Is(err, openbao.ErrConflict) {
		err = adopt(ctx, client, wanted, err)
	}
	if err != nil {
		return openbao.KVMount{}, err
	}
	return client.ReadKVMount(ctx, wanted.Namespace, wanted.Path)
}

func adopt(ctx context.Context, client *openbao.Client, wanted openbao.KVMount, conflict error) error {
	present, err := client.ReadKVMount(ctx, wanted.Namespace, wanted.Path)
	switch {
	case errors.Is(err, migrate.ErrMountType):
		return glue.Hint(err, "Nothing was changed. Choose another path.")
	case errors.Is(err, migrate.ErrMountNotFound):
		return glue.Hint(conflict, "Nothing was changed. Choose another path: this one is inside another mount, or has one inside.")
	}
	conflict = glue.Hint(conflict, fmt.Sprintf("Nothing was changed. Import the mount with the ID %q to manage it here, or choose another path.",
		glue.ImportID(wanted.Namespace, wanted.Path)))
	if err != nil {
		return conflict
	}
	present.Accessor = ""
	if present.ListingVisibility == "" {
		present.ListingVisibility = "hidden"
	}
	if present == wanted {
		return nil
	}
	unconfigured := wanted
	unconfigured.MaxVersions, unconfigured.CASRequired, unconfigured.DeleteVersionAfter = 0, false, 0
	if present != unconfigured {
		return conflict
	}
	if holds, err := client.HasSecrets(ctx, wanted.Namespace, wanted.Path, wanted.Engine); err != nil || holds {
		return conflict
	}
	return client.TuneKVMount(ctx, wanted)
}

func (r *mountResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state mountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "KV mount", state.Path.ValueString()) {
		return
	}
	mount, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.KVMount, error) {
		return r.Client().ReadKVMount(ctx, state.Namespace.ValueString(), state.Path.ValueString())
	}, state.isShownBy)
	if errors.Is(err, migrate.ErrMountNotFound) && !errors.Is(err, migrate.ErrPermissionDenied) {
		resp.State.RemoveResource(ctx)
		return
	}
	if errors.Is(err, migrate.ErrMountType) {
		err = glue.Hint(err, "Somebody replaced the KV mount. Choose another path, or move that engine away, and take the old mount out of the state first (terraform state rm, tofu state rm).")
	}
	if err != nil {
		state.failure("read").AddTo(&resp.Diagnostics, path.Root("path"), err)
		return
	}
	state.show(mount)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *mountResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state mountModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.tune(ctx, plan, state); err != nil {
		plan.failure("update").AddTo(&resp.Diagnostics, path.Root("path"), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

func (r *mountResource) tune(ctx context.Context, plan, state mountModel) error {
	if plan.mount() == state.mount() {
		return nil
	}
	if plan.Version.ValueInt64() > state.Version.ValueInt64() {
		if err := r.Client().UpgradeKV(ctx, plan.Namespace.ValueString(), plan.Path.ValueString()); err != nil {
			return err
		}
	}
	return r.Client().TuneKVMount(ctx, plan.mount())
}

func (r *mountResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state mountModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	mount := state.mount()
	if !state.ForceDestroy.ValueBool() {
		holds, err := r.Client().HasSecrets(ctx, mount.Namespace, mount.Path, mount.Engine)
		if err == nil && holds {
			err = glue.Hint(errors.New("the mount still holds secrets, and unmounting would destroy them"),
				"Nothing was deleted. Move or delete the secrets first, or apply force_destroy = true before destroying, "+
					"or stop managing the mount and keep it with a removed block and destroy = false.")
		}
		if err != nil && !errors.Is(err, migrate.ErrMountNotFound) && !errors.Is(err, migrate.ErrDestinationNotFound) {
			state.failure("delete").AddTo(&resp.Diagnostics, path.Root("force_destroy"), err)
			return
		}
	}
	if err := r.Client().DeleteKVMount(ctx, mount.Namespace, mount.Path); err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes the path of the mount as ID, behind "<namespace>//" where it
// is in one.
func (r *mountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	mount := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidateMount(mount); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the path of the mount, such as credentials", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("path"), mount)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("force_destroy"), false)...)
}
