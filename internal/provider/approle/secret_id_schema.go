package approle

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (r *secretIDResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a secret ID of an AppRole. With `wrapping_ttl` the server makes it and keeps it behind a wrapping token that gives it out once; " +
			"with `secret_id_wo` it is given. State holds accessors and the wrapping token, never the secret ID.\n\n" +
			"A rotation happens in place: the new secret ID is made first, and the old one keeps working for `rotation_overlap`. " +
			"It is planned when an argument of the secret ID changes, when `rotate_after` has passed, and before the secret ID expires where `rotate_after` is set; " +
			"`rotation` shows why. The first apply after the overlap revokes the old one. To revoke at once, as after a leak, apply with `-replace`. " +
			"With the right to list the secret IDs of the role, a rotation also revokes what an interrupted one left behind.\n\n" +
			"A secret ID that was used up, has expired or was revoked is planned anew. " +
			"Destroying the resource revokes the secret ID, and the old ones that still work, by their accessors.",
		Attributes: map[string]schema.Attribute{
			"mount": glue.AuthMountAttribute("AppRole", DefaultMount),
			"role_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"namespace": glue.NamespaceAttribute(),
			"wrapping_ttl": optionalDuration("How long the wrapping token can be used, as a duration such as `\"10m\"`, at least a second. "+
				"Needed unless `secret_id_wo` is set, which it excludes. Another value holds for the next secret ID.", glue.Checked("wrapping TTL", atLeastASecond)),
			"secret_id_wo": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				WriteOnly: true,
				MarkdownDescription: "The secret ID itself, where it is made elsewhere: at most 4096 bytes, without white space at the edges. It should be as hard to guess as what the server makes, 128 random bits. " +
					"It is write-only: neither plan nor state have it, so only `secret_id_wo_version` tells that it is another one. Excludes `wrapping_ttl`.",
				Validators: []validator.String{
					stringvalidator.LengthBetween(1, 4096),
					glue.Checked("secret ID", validateSecretID),
					stringvalidator.AlsoRequires(path.MatchRoot("secret_id_wo_version")),
				},
			},
			"secret_id_wo_version": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Number of the value in `secret_id_wo`, from 1 on: raise it with each new value, and the secret ID is rotated. One that was imported counts as 1.",
				Validators: []validator.Int64{
					int64validator.AtLeast(1),
					int64validator.AlsoRequires(path.MatchRoot("secret_id_wo")),
				},
			},
			"ttl": optionalDuration("How long the secret ID is valid, as a duration such as `\"720h\"`; `\"0s\"` is without end. " +
				"Default: the role's `secret_id_ttl`, which it cannot exceed. Changing it rotates the secret ID; removing it holds for the next one."),
			"num_uses": schema.Int64Attribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "How often the secret ID may be used; 0 is without limit. Default: the role's `secret_id_num_uses`, which it cannot exceed. " +
					"Changing it rotates the secret ID; removing it holds for the next one.",
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"cidr_list":         secretIDBlocks("CIDR blocks from where the secret ID may be used, within the role's `secret_id_bound_cidrs`."),
			"token_bound_cidrs": secretIDBlocks("CIDR blocks from where the tokens may be used, within the role's `token_bound_cidrs`."),
			"metadata": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Metadata of the secret ID, which the audit log shows with its tokens. Default: none. Changing it rotates the secret ID. " +
					"A wrapped secret ID that took the place of another one has the key `" + rotationMark + "` as well, with the accessor of that one.",
				Validators: []validator.Map{mapvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"rotate_after": schema.StringAttribute{
				Optional:   true,
				CustomType: glue.DurationType{},
				MarkdownDescription: "Age at which a plan rotates the secret ID, as a duration such as `\"720h\"`, at least a second. Default: never. " +
					"Where the secret ID expires earlier, it is rotated `rotation_overlap` before that, or when a third of its life is left if that is later. " +
					"One that is given by `secret_id_wo` cannot be rotated without a new value: then the plan warns.",
				Validators:    []validator.String{glue.Checked("age", atLeastASecond)},
				PlanModifiers: []planmodifier.String{glue.SameDuration()},
			},
			"rotation_overlap": optionalDuration("How long the old secret ID keeps working after a rotation, as a duration, less than `rotate_after`: the time to hand out the new one. " +
				"The first apply after that revokes it. `\"0s\"` revokes it in the same apply, as soon as the new one exists. Default `\"24h\"`, or half of `rotate_after` where that is less."),
			"accessor":        computedText("Accessor of the secret ID: enough to look it up and to revoke it, not to log in."),
			"creation_time":   computedText("When the secret ID was made, RFC 3339."),
			"expiration_time": computedText("When the secret ID expires, RFC 3339; null when it does not."),
			"rotation": computedText("What the last refresh found due: `current` (nothing), `due` (`rotate_after` has passed), `expiring` (it expires too soon for `rotate_after`), " +
				"`gone` (it was used up, has expired or was revoked, and one before it still works) or `overlap_ended` (one before it is to be revoked)."),
			"rotation_time": computedText("When the secret ID is to be rotated, RFC 3339; null without `rotate_after`."),
			"previous_accessors": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Accessors of secret IDs that were rotated out and still work, each with the time, RFC 3339, from which on an apply revokes it.",
			},
			"wrapping_token": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "One-use token that gives the secret ID to the first who unwraps it; null where the secret ID was given.",
			},
			"wrapping_accessor":        computedText("Accessor of the wrapping token."),
			"wrapping_expiration_time": computedText("When the wrapping token expires, RFC 3339."),
			"wrapping_state": computedText("What the last refresh found of the wrapping token: `waiting` (nobody has unwrapped it), `unwrapped` (used before its time was over, " +
				"which a warning tells until an apply has noted it) or `expired` (its time is over; whether it was used before cannot be told). " +
				"An expired one is not made anew: most were used in time. To get another one, apply with `-replace`."),
		},
	}
}

func computedText(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func optionalDuration(description string, checks ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		CustomType:          glue.DurationType{},
		MarkdownDescription: description,
		Validators:          checks,
		PlanModifiers:       []planmodifier.String{glue.SameDuration()},
	}
}

func secretIDBlocks(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: description + " Default: the role's. Changing it rotates the secret ID.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(glue.CIDRBlock())},
	}
}

func atLeastASecond(text string) error {
	if length := glue.ParseDuration(text); length.Valid() && length.Seconds() < 1 {
		return fmt.Errorf("%q is less than a second", text)
	}
	return nil
}

// validateSecretID refuses what could never log in: the server trims what a login
// sends.
func validateSecretID(text string) error {
	if strings.TrimSpace(text) != text {
		return errors.New("it has white space at an edge, such as the newline at the end of a file, and the server would never take it in a login. Use trimspace()")
	}
	return nil
}

// ValidateConfig refuses what does not go together.
func (r *secretIDResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config secretIDModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	refuse := func(attribute, summary, detail string) {
		resp.Diagnostics.AddAttributeError(path.Root(attribute), summary, detail)
	}
	switch {
	case config.WrappingTTL.IsNull() && config.SecretID.IsNull() && config.Version.IsNull():
		refuse("wrapping_ttl", "How to hand over the secret ID?", "Set wrapping_ttl, and the server makes the secret ID and wraps it, or set secret_id_wo and secret_id_wo_version.")
	case !config.WrappingTTL.IsNull() && !config.SecretID.IsNull():
		refuse("wrapping_ttl", "A given secret ID cannot be wrapped", "Set either wrapping_ttl or secret_id_wo.")
	}
	after := config.RotateAfter
	if !after.Valid() || after.Seconds() == 0 {
		return
	}
	if overlap := config.RotationOverlap; overlap.Valid() && overlap.Seconds() >= after.Seconds() {
		refuse("rotation_overlap", "Overlap as long as the time between rotations", fmt.Sprintf("rotation_overlap is %s, but rotate_after is %s.", overlap.ValueString(), after.ValueString()))
	}
	if ttl := config.TTL; ttl.Valid() && ttl.Seconds() > 0 && ttl.Seconds() <= after.Seconds() {
		refuse("rotate_after", "The secret ID expires before it is rotated", fmt.Sprintf("rotate_after is %s, but ttl is %s: leave enough time to hand out the new one before the old one expires.", after.ValueString(), ttl.ValueString()))
	}
}
