// Package kv has the objects that manage KV secrets engines.
package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithValidateConfig = (*mountResource)(nil)
	_ resource.ResourceWithImportState    = (*mountResource)(nil)
)

// NewMountResource is ocibao_kv_mount.
func NewMountResource() resource.Resource {
	identity := glue.NewIdentity(glue.IdentityAttribute{Name: "path", Description: "Path of the mount."})
	return &mountResource{glue.NewManagedObject("kv_mount", identity, glue.Operations[mountModel]{
		Create: createMount,
		Read:   readMount,
		Gone:   []error{migrate.ErrMountNotFound},
		Update: updateMount,
		Delete: deleteMount,
	})}
}

type mountResource struct {
	glue.ManagedObject[mountModel]
}

func (r *mountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Mounts a KV secrets engine, version 1 or 2. A mount that holds anything is not unmounted unless `force_destroy` is `true`. " +
			"A mount that exists already and is configured the same is adopted without a write; another one is left alone, and is taken over by import.",
		Attributes: glue.MountAttributes("the values are", map[string]schema.Attribute{
			"path": glue.NameAttribute("Path of the mount, without leading or trailing slash.", "mount path", openbao.ValidateMount),
			"version": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				Default:  int64default.StaticInt64(2),
				MarkdownDescription: "Version of the KV engine: 2 (default) or 1. From 1 to 2 the mount is upgraded in place, with what it holds; " +
					"from 2 to 1 forces replacement.",
				Validators:    []validator.Int64{int64validator.OneOf(1, 2)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplaceIf(isDowngrade, "going back to version 1 forces replacement", "going back to version 1 forces replacement")},
			},
			"default_lease_ttl": glue.DurationAttribute("Default lease TTL of the mount, as a duration such as `\"1h\"`. Default `\"0s\"`: that of the system."),
			"max_lease_ttl":     glue.DurationAttribute("Longest lease TTL of the mount, as a duration such as `\"24h\"`. Default `\"0s\"`: that of the system."),
			"max_versions":      maxVersionsAttribute(),
			"cas_required":      glue.BoolAttribute(false, "Whether every write must use check-and-set, on KV v2. Default `false`. The provider's own writes always do."),
			"delete_version_after": glue.DisablableDurationAttribute("Age at which versions are soft-deleted, on KV v2, as a duration such as `\"720h\"`. " +
				"Default `\"0s\"`: never, unless a secret says otherwise for itself; `\"-1s\"` does not let it."),
			"force_destroy": glue.BoolAttribute(false, "Whether a mount that still holds secrets is unmounted, which destroys them all, when the resource is destroyed or replaced. "+
				"Default `false`."),
		}),
	}
}

// maxVersionsAttribute stops where the server would begin at 0 again.
func maxVersionsAttribute() schema.Int64Attribute {
	attribute := glue.CountAttribute("Versions to keep of each secret, on KV v2. Default 0: the server's default of 10.")
	attribute.Validators = []validator.Int64{int64validator.Between(0, math.MaxUint32)}
	return attribute
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

// createMount mounts, or adopts what an interrupted run left: a mount like the one
// asked for, whose KV v2 settings may still be missing as long as it is empty.
func createMount(ctx context.Context, client *openbao.Client, plan *mountModel) error {
	wanted := plan.mount()
	err := client.CreateKVMount(ctx, wanted)
	if errors.Is(err, openbao.ErrConflict) {
		err = adopt(ctx, client, wanted, err)
	}
	if err == nil {
		*plan, err = readMount(ctx, client, *plan)
	}
	return glue.At("path", err)
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
	present.ListingVisibility = cmp.Or(present.ListingVisibility, glue.ListingHidden)
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

func readMount(ctx context.Context, client *openbao.Client, state mountModel) (mountModel, error) {
	mount, err := client.ReadKVMount(ctx, state.Namespace.ValueString(), state.Path.ValueString())
	if errors.Is(err, migrate.ErrMountType) {
		err = glue.Hint(err, "Somebody replaced the KV mount. Choose another path, or move that engine away, and take the old mount out of the state first (terraform state rm, tofu state rm).")
	}
	if err == nil {
		state.show(mount)
	}
	return state, glue.At("path", err)
}

func updateMount(ctx context.Context, client *openbao.Client, plan, state *mountModel) error {
	if plan.Version.ValueInt64() > state.Version.ValueInt64() {
		if err := client.UpgradeKV(ctx, plan.Namespace.ValueString(), plan.Path.ValueString()); err != nil {
			return glue.At("path", err)
		}
	}
	return glue.At("path", client.TuneKVMount(ctx, plan.mount()))
}

func deleteMount(ctx context.Context, client *openbao.Client, state mountModel) error {
	mount := state.mount()
	if !state.ForceDestroy.ValueBool() {
		holds, err := client.HasSecrets(ctx, mount.Namespace, mount.Path, mount.Engine)
		if err == nil && holds {
			err = glue.Hint(errors.New("the mount still holds secrets, and unmounting would destroy them"),
				"Nothing was deleted. Move or delete the secrets first, or apply force_destroy = true before destroying, "+
					"or stop managing the mount and keep it with a removed block and destroy = false.")
		}
		if err != nil && !errors.Is(err, migrate.ErrMountNotFound) && !errors.Is(err, migrate.ErrDestinationNotFound) {
			return glue.At("force_destroy", err)
		}
	}
	return client.DeleteKVMount(ctx, mount.Namespace, mount.Path)
}

// ImportState takes the path of the mount as ID.
func (r *mountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportName(ctx, req, resp, openbao.ValidateMount, "the path of the mount, such as credentials")
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("force_destroy"), false)...)
}
