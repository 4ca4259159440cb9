package source

import (
	"context"

	listresource "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (l *migratedSecretList) ListResourceConfigSchema(_ context.Context, _ listresource.ListResourceSchemaRequest, resp *listresource.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the secrets of a compartment that are not migrated yet, for `terraform query` of Terraform 1.14 and later. " +
			"With `-generate-config-out` it writes a resource and an import block for each. " +
			"What is not in OpenBao yet can be imported so as well: the import says where the secret belongs, the plan shows the version that will be copied " +
			"and a change of `drift` from `destination_missing` to `none`, and apply copies it. The mount must exist by then. " +
			"What stands at a place already, such as a secret that was copied by hand, is taken over, without a write where it is equal.\n\n" +
			"Reads no content. Secrets whose deletion is scheduled are left out. " +
			"Needs the right `inspect secrets` in OCI, and `read` on the metadata below the mount in OpenBao (KV v1: `list`).",
		Attributes: map[string]schema.Attribute{
			"compartment_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "OCID of the compartment, or of the tenancy for its root compartment.",
				Validators:          []validator.String{compartmentOCID()},
			},
			"compartment_id_in_subtree": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether the compartments below are listed as well. Default `false`.",
			},
			"vault_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "OCID of the vault. Default: those of all vaults.",
				Validators:          []validator.String{vaultOCID()},
			},
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Exact name in OCI; upper and lower case count. Default: all names.",
				Validators:          []validator.String{secretName()},
			},
			"name_regex": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Regular expression ([RE2 syntax](https://github.com/google/re2/wiki/Syntax)) that is found in the name in OCI; `^` and `$` tie it to the ends. " +
					"Default: all names.",
				Validators: []validator.String{regularExpression()},
			},
			"freeform_tags": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Freeform tags that a secret must have, with these values; it may have others too. Default: any tags.",
			},
			"mount": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Path of the KV mount that the secrets go to, without leading or trailing slash.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"namespace": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Namespace of the mount, relative to the provider's `namespace`. Default: the provider's own.",
				Validators:          []validator.String{glue.Checked("namespace", openbao.ValidateNamespace)},
			},
			"rename": schema.ListNestedAttribute{
				Optional: true,
				MarkdownDescription: "Replacements that make the name in OpenBao of the name in OCI, one after the other. Default: none, so that the names are the same. " +
					"Two secrets that would get one name are an error.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"pattern": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "Regular expression (RE2 syntax); each place where it is found is replaced.",
						Validators:          []validator.String{regularExpression()},
					},
					"replacement": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "What comes in its place, in which `$1` or `${1}` is what the first group found.",
					},
				}},
			},
			"include_migrated": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether secrets are listed that are migrated already, such as to import them after a state was lost. Default `false`: " +
					"on KV v2 those are left out whose place carries the ownership mark of the secret, on KV v1 those whose place holds anything.",
			},
		},
	}
}
