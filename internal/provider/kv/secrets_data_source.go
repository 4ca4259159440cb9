package kv

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewSecretsDataSource is ocibao_kv_secrets.
func NewSecretsDataSource() datasource.DataSource {
	return &secretsDataSource{glue.NewDataSource("kv_secrets")}
}

type secretsDataSource struct {
	glue.DataSource
}

// secretsModel is a list of names in configuration and state.
type secretsModel struct {
	Mount     types.String `tfsdk:"mount"`
	Name      types.String `tfsdk:"name"`
	Namespace types.String `tfsdk:"namespace"`
	Recursive types.Bool   `tfsdk:"recursive"`
	Version   types.Int64  `tfsdk:"version"`
	Names     types.List   `tfsdk:"names"`
}

func (d *secretsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the names of the secrets of a KV mount, version 1 or 2, whoever wrote them. It reads no value and no metadata.\n\n" +
			"Needs `list` on `<mount>/<name>` with KV v1, on `<mount>/metadata/<name>` with KV v2, with `recursive` on all folders below. " +
			"On KV v2 a secret is listed until its metadata are gone, so one that was soft-deleted is as well.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Path of the KV mount, without leading or trailing slash.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The folder to list, its path below the mount, without leading or trailing slash. Default: the mount itself.",
				Validators:          []validator.String{glue.Checked("folder", openbao.ValidateName)},
			},
			"namespace": glue.DataNamespaceAttribute(),
			"recursive": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the secrets of all folders below are listed, and no folders. Default `false`: the next folders are listed, with a slash behind them. " +
					"It takes a request for each folder.",
			},
			"version": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Version of the KV engine, 1 or 2, as in `ocibao_kv_mount`.",
			},
			"names": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The names, sorted, as paths below the mount whatever folder was listed: what other objects take as `name`. Empty when nothing is there, or no such folder.",
			},
		},
	}
}

func (d *secretsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model secretsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	client, namespace, mount, folder := d.Clients.OpenBao.Client, model.Namespace.ValueString(), model.Mount.ValueString(), model.Name.ValueString()
	failure := glue.Failure{
		Verb: "list", Thing: "KV secrets of",
		Identity: migrate.Location{Namespace: namespace, Mount: mount, Name: folder}.String(),
	}
	engine, err := client.Engine(ctx, namespace, mount)
	if err != nil {
		failure.AddTo(&resp.Diagnostics, path.Root("mount"), err)
		return
	}
	names, err := client.ListNames(ctx, namespace, mount, engine, folder, model.Recursive.ValueBool())
	if err != nil {
		failure.Add(&resp.Diagnostics, err)
		return
	}
	model.Names, model.Version = glue.StringList(names), types.Int64Value(int64(engine))
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
