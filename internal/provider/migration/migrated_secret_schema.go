package migration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (r *migratedSecretResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Copies one secret from OCI Vault to a KV engine of OpenBao, and watches both sides from then on.\n\n" +
			"The plan pins the number of the source version, and apply copies exactly that version, byte for byte, or fails. " +
			"The value goes from OCI to OpenBao inside the provider; it is never in the plan, the state or a log. " +
			"What stands at the path already is not overwritten unless `on_conflict` says so. " +
			"Changing `mount`, `name` or `namespace` moves the secret: it is written and read back at the new place before `on_destroy` is applied to the old one.",
		Attributes: mergeAttributes(sourceArguments(), destinationArguments(), formArguments(), behaviourArguments(), migratedSecretResults()),
	}
}

func mergeAttributes(parts ...map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, part := range parts {
		for name, attribute := range part {
			all[name] = attribute
		}
	}
	return all
}

func sourceArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"secret_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "OCID of the secret in OCI Vault.",
			Validators:          []validator.String{glue.Checked("secret OCID", migrate.ValidateSecretID)},
		},
		"version_number": schema.Int64Attribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "Number of the source version to copy, 1 or greater. Set it to pin one, for example from the data source `ocibao_secret`: " +
				"then the plan shows it from the first time on, and a rotation in OCI is no drift. " +
				"Without it `stage` is followed, and the plan shows the number that the stage had at the last refresh.",
			Validators: []validator.Int64{int64validator.AtLeast(1), int64validator.ConflictsWith(path.MatchRoot("stage"))},
		},
		"stage": schema.StringAttribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "Rotation stage to follow: `CURRENT`, `LATEST`, `PENDING` or `PREVIOUS`. Default `CURRENT`, unless `version_number` is set. " +
				"Stages other than `CURRENT` cost one more request at each refresh. " +
				"A configuration that `-generate-config-out` wrote has both: keep `stage` to follow, or `version_number` to stay.",
			Validators: []validator.String{stringvalidator.OneOf(migrate.Stages...)},
		},
	}
}

func destinationArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"mount": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Path of the KV mount, version 1 or 2, without leading or trailing slash. Changing it moves the secret.",
			Validators:          []validator.String{glue.MountPath()},
		},
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Path of the secret below the mount, without leading or trailing slash; slashes inside make folders. Changing it moves the secret.",
			Validators:          []validator.String{glue.Checked("secret name", openbao.ValidateName)},
		},
		"namespace": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Namespace, relative to the provider's `namespace`. Default: the provider's own. Changing it moves the secret.",
			Validators:          []validator.String{glue.Checked("namespace", openbao.ValidateNamespace)},
			PlanModifiers:       []planmodifier.String{glue.SameMeaning(migrate.SameNamespace)},
		},
		"custom_metadata": schema.MapAttribute{
			Optional:    true,
			ElementType: types.StringType,
			MarkdownDescription: "Custom metadata to set on KV v2, next to what the provider sets itself (keys that begin with `ocibao_`). " +
				"At most 60 keys of 128 bytes, 4 less with `copy_expiry` and 5 less with `copy_rotation`; values of 512 bytes. Keys that others set are left alone. Ignored on KV v1, which has none.",
			Validators: []validator.Map{mapvalidator.NoNullValues()},
		},
		"copy_description": schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Whether the description of the OCI secret is copied to the custom metadata key `description` on KV v2, and kept in step. Default `false`. " +
				"An equal key of `custom_metadata` wins.",
		},
		"copy_freeform_tags": schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Whether the freeform tags of the OCI secret are copied to custom metadata keys of the same names on KV v2, and kept in step. Default `false`. " +
				"Equal keys of `custom_metadata` win.",
		},
		"copy_expiry": schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Whether what OCI says of expiry is copied to custom metadata on KV v2, and kept in step. Default `false`. " +
				"The keys, each only where OCI has the fact: `" + migrate.CarriedTimeOfExpiry + "` (when the copied version expires, RFC 3339), `" +
				migrate.CarriedTimeOfAbsoluteExpiry + "`, `" + migrate.CarriedExpiryInterval + "` (ISO 8601, such as `P30D`) and `" +
				migrate.CarriedRetrievalBlocked + "` of the expiry rule. A version other than the current one costs one more request at each refresh.",
		},
		"copy_rotation": schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Whether what OCI says of rotation is copied to custom metadata on KV v2, and kept in step. Default `false`. " +
				"The keys, each only where OCI has the fact: `" + migrate.CarriedRotationStatus + "`, `" + migrate.CarriedRotationInterval + "` (ISO 8601, such as `P30D`), `" +
				migrate.CarriedRotationScheduled + "`, `" + migrate.CarriedLastRotationTime + "` and `" + migrate.CarriedNextRotationTime + "` (RFC 3339).",
		},
		"delete_version_at_expiry": schema.BoolAttribute{
			Optional: true,
			Computed: true,
			Default:  booldefault.StaticBool(false),
			MarkdownDescription: "Whether OpenBao deletes the copy when the source version expires, by `delete_version_after` of the KV v2 secret, which is set before each write to the time that is left. Default `false`. " +
				"OpenBao fixes the deletion time of a version when it is written, so an expiry that changes in OCI, and changing this argument, " +
				"are planned as a new KV version of the same content. `delete_version_after` stays set, also for versions that others write. " +
				"A version that has expired already is not copied, which is an error; a copy that was deleted as arranged is no drift but a warning. " +
				"A shorter `delete_version_after` of the mount wins. Not on KV v1. Takes the capabilities `create` and `update` on the metadata path.",
		},
	}
}

func formArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"format": schema.StringAttribute{
			Optional: true,
			Computed: true,
			Default:  stringdefault.StaticString(string(migrate.FormatAuto)),
			MarkdownDescription: "How the content becomes fields. `json`: each member of the JSON object becomes a field, numbers keep their value and nested values stay nested; " +
				"what is no object, has a member twice, or has a number that the engine would round is an error " +
				"(KV v2 gives out what a 64-bit float keeps of a number, KV v1 every digit). `text`: valid UTF-8, whole, under `key`. `binary`: standard base64 under `key`. " +
				"`auto` (default) takes the first of these that fits without loss; an object without members is text.",
			Validators: []validator.String{stringvalidator.OneOf(names(migrate.Formats)...)},
		},
		"key": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			Default:             stringdefault.StaticString(migrate.DefaultKey),
			MarkdownDescription: "Name of the field that holds text or binary content. Default `" + migrate.DefaultKey + "`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
	}
}

func behaviourArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"warn_expiry_within": schema.StringAttribute{
			Optional:   true,
			CustomType: glue.DurationType{},
			MarkdownDescription: "Duration such as `\"720h\"`. A source version that is copied and expires within it, or has expired, is named in a warning of the plan. " +
				"Default: no warning. A version other than the current one costs one more request at each refresh.",
			PlanModifiers: []planmodifier.String{glue.SameDuration()},
		},
		"on_conflict": glue.OnConflictAttribute("path"),
		"on_destroy": schema.StringAttribute{
			Optional: true,
			Computed: true,
			Default:  stringdefault.StaticString(string(migrate.Retain)),
			MarkdownDescription: "What happens to the copy in OpenBao when the resource is destroyed or moves: `retain` (default) leaves it, " +
				"`soft_delete` marks the current version deleted (KV v2 only), `destroy` removes it with all its versions. " +
				"A value that somebody else wrote since is not deleted, unless `on_conflict` is `overwrite`. " +
				"With `create_before_destroy` keep `retain`: a replacement takes over the copy at the path before the old one is destroyed, and would lose it.",
			Validators: []validator.String{stringvalidator.OneOf(string(migrate.Retain), string(migrate.SoftDelete), string(migrate.Destroy))},
		},
		"drift_detection": schema.StringAttribute{
			Optional: true,
			Computed: true,
			MarkdownDescription: "How a refresh notices a change of the value. `version` (default on KV v2) compares version numbers, times and the ownership mark: " +
				"it needs no right to read a value on either side. `content` (always on KV v1) compares the values in memory and keeps only the verdict.",
			Validators: []validator.String{stringvalidator.OneOf(string(migrate.DetectVersion), string(migrate.DetectContent))},
		},
	}
}

func migratedSecretResults() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"kv_version": schema.Int64Attribute{
			Computed:            true,
			MarkdownDescription: "KV v2 version number that holds the copy; null on KV v1.",
		},
		"keys": schema.ListAttribute{
			Computed:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Names of the fields, sorted. Their values are not kept.",
		},
		"api_path": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Path for clients, to put behind `/v1/`: escaped for a URL, with the `data/` that KV v2 needs.",
		},
		"acl_path": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Path for policies that allow to read the value, with the `data/` that KV v2 needs.",
		},
		"source": schema.SingleNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What the last look at the source saw.",
			Attributes: map[string]schema.Attribute{
				"name":                           schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the secret in OCI."},
				"lifecycle_state":                schema.StringAttribute{Computed: true, MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `PENDING_DELETION`; null when the secret is gone or hidden."},
				"time_of_deletion":               schema.StringAttribute{Computed: true, MarkdownDescription: "When the secret will be deleted, RFC 3339; null unless that is scheduled."},
				"current_version_number":         schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the version in the stage `CURRENT`."},
				"time_of_current_version_expiry": schema.StringAttribute{Computed: true, MarkdownDescription: "When that version expires, RFC 3339; null when it does not."},
				"rotation_status":                schema.StringAttribute{Computed: true, MarkdownDescription: "`SCHEDULED`, `IN_PROGRESS`, `CANCELLING` or `NOT_ENABLED`; null when OCI does not rotate the secret."},
				"last_rotation_time":             schema.StringAttribute{Computed: true, MarkdownDescription: "When OCI last rotated the secret, RFC 3339; null when it never did."},
				"next_rotation_time":             schema.StringAttribute{Computed: true, MarkdownDescription: "When OCI rotates the secret next, RFC 3339; null when that is not scheduled."},
			},
		},
		"drift": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "What changed behind the configuration's back, as the last refresh saw it: `none`, `source_newer`, `source_pending_deletion`, `source_missing`, " +
				"`destination_modified`, `destination_soft_deleted`, `destination_missing`, `ownership_lost` or `metadata_modified`. " +
				"What apply can put right is planned as a change to `none`; what it cannot is a warning.",
		},
	}
}

func names[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}
