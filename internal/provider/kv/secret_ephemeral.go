package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewSecretEphemeral is the ephemeral ocibao_kv_secret.
func NewSecretEphemeral() ephemeral.EphemeralResource {
	return &secretEphemeral{glue.NewEphemeralObject("kv_secret")}
}

type secretEphemeral struct {
	glue.EphemeralObject
}

type secretEphemeralModel struct {
	Mount          types.String `tfsdk:"mount"`
	Name           types.String `tfsdk:"name"`
	Namespace      types.String `tfsdk:"namespace"`
	Version        types.Int64  `tfsdk:"version"`
	Data           types.Map    `tfsdk:"data"`
	DataJSON       types.String `tfsdk:"data_json"`
	CreatedTime    types.String `tfsdk:"created_time"`
	CustomMetadata types.Map    `tfsdk:"custom_metadata"`
}

func (m secretEphemeralModel) location() migrate.Location {
	return migrate.Location{Namespace: m.Namespace.ValueString(), Mount: m.Mount.ValueString(), Name: m.Name.ValueString()}
}

func (e *secretEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads a secret of a KV engine, version 1 or 2, for the time of one run: for a write-only argument or the settings of a provider. " +
			"Its fields are never in plan or state. Needs `read` on `<mount>/<name>` with KV v1, on `<mount>/data/<name>` with KV v2.\n\n" +
			"It is read by every plan as well, so a secret that the same configuration makes must not be read before it is there: " +
			"`version = ocibao_migrated_secret.x.kv_version` waits for it, on KV v1 as well, where that is null in the end.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Path of the KV mount, without leading or trailing slash.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the secret, its path below the mount.",
				Validators:          []validator.String{glue.Checked("secret name", openbao.ValidateName)},
			},
			"namespace": glue.EphemeralNamespaceAttribute(),
			"version": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Number of the version to read, KV v2 only. Default: the current one.",
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"data": schema.MapAttribute{
				Computed:            true,
				Sensitive:           true,
				ElementType:         types.StringType,
				MarkdownDescription: "The fields. One that is no string is given as JSON, a number with all its digits.",
			},
			"data_json": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "All fields as one JSON object, as the server gives it.",
			},
			"created_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the version was written, RFC 3339; null on KV v1.",
			},
			"custom_metadata": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Custom metadata of the secret; null on KV v1.",
			},
		},
	}
}

func (e *secretEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model secretEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !e.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	failure := glue.Failure{Verb: "read", Thing: "KV secret", Identity: model.location().String()}
	at, err := e.read(ctx, &model)
	switch {
	case err != nil && at.Equal(path.Empty()):
		failure.Add(&resp.Diagnostics, err)
	case err != nil:
		failure.AddTo(&resp.Diagnostics, at, err)
	default:
		resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
	}
}

// read fills in the model. The path is that of the argument that an error is about.
func (e *secretEphemeral) read(ctx context.Context, model *secretEphemeralModel) (path.Path, error) {
	client, at, version := e.Clients.OpenBao.Client, model.location(), model.Version.ValueInt64()
	engine, err := client.Engine(ctx, at.Namespace, at.Mount)
	if err != nil {
		return path.Root("mount"), err
	}
	if engine == migrate.KV1 && version > 0 {
		return path.Root("version"), errors.New("the mount is KV v1, which has no versions: remove version")
	}
	entry, err := client.Read(ctx, at, engine, version)
	if errors.Is(err, migrate.ErrDestinationNotFound) {
		return path.Root("name"), glue.Hint(err, notThere)
	}
	if err != nil {
		return path.Empty(), err
	}
	if entry.Version.Deleted || entry.Version.Destroyed {
		return path.Root("name"), glue.Hint(fmt.Errorf("version %d is deleted", entry.Version.Number),
			"Undelete it, name another version, or have the migration write it anew.")
	}
	fields, err := migrate.FieldTexts(entry.Fields)
	if err != nil {
		return path.Root("name"), err
	}
	model.Data, model.DataJSON = glue.StringMap(fields), types.StringValue(string(entry.Fields.Reveal()))
	model.Version, model.CreatedTime, model.CustomMetadata = types.Int64Null(), types.StringNull(), types.MapNull(types.StringType)
	if engine == migrate.KV2 {
		model.Version, model.CreatedTime = types.Int64Value(entry.Version.Number), glue.Time(entry.Version.CreatedTime)
		model.CustomMetadata = glue.StringMap(entry.CustomMetadata)
	}
	return path.Empty(), nil
}

const notThere = "Nothing is stored under this name, or not in this version. If the same configuration stores it, let it be read after that: " +
	"version = ocibao_migrated_secret.<name>.kv_version, or ocibao_migration.<name>.kv_versions[\"<secret>\"], is known only when it is there."
