package migration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (d *coverageDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Holds an inventory of OCI Vault against a KV mount of OpenBao: what is migrated, what is not, and what else stands in the mount. " +
			"Made for `check` blocks and, with `json` and `markdown`, for comments on pull requests. No value of a secret is read on either side.\n\n" +
			"On KV v2 it goes by the ownership marks that `ocibao_migration` and `ocibao_migrated_secret` leave in the custom metadata. " +
			"That takes a list of each folder and one metadata read for each name, and the capabilities `list` and `read` on `<mount>/metadata/*`. " +
			"KV v1 has no marks: a name that is there counts as migrated, whatever it holds, and `matched_by` says so.\n\n" +
			"What is soft-deleted counts as not there. A mount that is not there is a warning, and all is pending: so it is before the first apply. " +
			"To look after an apply, give the data source `depends_on`, and a `check` block that asserts `complete`.\n\n" +
			"What it finds changes with each migration. As an output of the root module that is a change of its own, so that the next `plan -detailed-exitcode` says 2; " +
			"take `markdown` or `json` from the saved plan instead, with `terraform show -json`. A data source inside of a `check` block is read anew in every apply, with the same effect: " +
			"put it outside where a nightly plan looks for drift.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Path of the KV mount, version 1 or 2, without leading or trailing slash.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"namespace": glue.DataNamespaceAttribute(),
			"pins": schema.MapAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The whole inventory: name in OCI Vault to pin, `<secret OCID>@<version number>`, as `pins` of the data source `ocibao_secrets` gives them.",
				Validators:          []validator.Map{pinsByName{}},
			},
			"selected": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "What is to be in the mount: name below the mount to pin, the same map that `ocibao_migration` takes as `secrets`. " +
					"Default: `pins`, as they are.",
				Validators: []validator.Map{pinsByName{places: true}},
			},
			"ignore": schema.SetAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names in `pins` that are left out of `selected` on purpose, so that they are not `unselected`. A name that is not in `pins` has no effect.",
			},
			"matched_by": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the mount was compared by: `mark` on KV v2, `name` on KV v1; null when there is no mount.",
			},
			"complete": schema.BoolAttribute{
				Computed: true,
				MarkdownDescription: "Whether every selected secret is migrated, at least one is, and every secret of the inventory is selected or ignored. " +
					"What is `orphaned` or `foreign` makes no difference.",
			},
			"counts": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "How many there are of each kind.",
				Attributes:          coverageCountAttributes(),
			},
			"migrated":   coverageMap("Names in the mount that hold the selected version, to its pin."),
			"outdated":   coverageMap("Names that hold another version of the selected secret, mostly an older one, to the pin of the version that is there."),
			"modified":   coverageMap("Names whose copy was written over by something else, to the pin of the version that was copied there."),
			"pending":    coverageMap("Selected names that hold no copy of the selected secret, to the selected pin. One whose place is taken is in `foreign` or `orphaned` as well."),
			"orphaned":   coverageMap("Names that hold a marked copy which is not selected for this name, to the pin in the mark: the secret is gone from the inventory, not selected any more, or selected under another name."),
			"unselected": coverageNames("Names in `pins` whose secret is neither selected, under whatever name and version, nor ignored; sorted."),
			"foreign":    coverageNames("Names that hold something without an ownership mark, sorted. On KV v1, all names that are not selected."),
			"json": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The coverage as a JSON object: the counts, and all parts but `migrated`. It names secrets and holds no value.",
			},
			"markdown": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The coverage as Markdown: the counts, and lists of what is not migrated or should not be there, each cut off after 20 names. " +
					"It names secrets and holds no value.",
			},
		},
	}
}

func coverageMap(description string) schema.MapAttribute {
	return schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func coverageNames(description string) schema.ListAttribute {
	return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func coverageCountAttributes() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range map[string]string{
		"inventory":  "Number of secrets in `pins`.",
		"selected":   "Number of selected names: those of `migrated`, `outdated`, `modified` and `pending` together.",
		"migrated":   "Number of names in `migrated`.",
		"outdated":   "Number of names in `outdated`.",
		"modified":   "Number of names in `modified`.",
		"pending":    "Number of names in `pending`.",
		"unselected": "Number of names in `unselected`.",
		"ignored":    "Number of names in `pins` that are ignored and whose secret is not selected.",
		"orphaned":   "Number of names in `orphaned`.",
		"foreign":    "Number of names in `foreign`.",
	} {
		attributes[name] = schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return attributes
}
