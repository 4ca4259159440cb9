package source

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewSecretsDataSource is ocibao_secrets.
func NewSecretsDataSource() datasource.DataSource {
	return &secretsDataSource{newOCIDataSource("secrets")}
}

type secretsDataSource struct {
	ociDataSource
}

func (d *secretsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the secrets of a compartment, and optionally of all compartments below it, without reading their contents. " +
			"`pins` names the current version of each and is what `ocibao_migration` takes, renamed or narrowed with a `for` expression.\n\n" +
			"Each argument beyond `compartment_id` narrows the list, and a secret must match all that are set. An empty list is no error. " +
			"Needs the rights `inspect secrets`, for `pins` `read secrets`, and for `compartment_id_in_subtree` `inspect compartments`.",
		Attributes: map[string]schema.Attribute{
			"compartment_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "OCID of the compartment, or of the tenancy for its root compartment. It is the secrets' own: a secret may be in another compartment than its vault.",
				Validators:          []validator.String{compartmentOCID()},
			},
			"compartment_id_in_subtree": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the compartments below are listed as well, at one request or more each. Default `false`. " +
					"One of them that may not be listed is an error, so that nothing is left out unnoticed.",
			},
			"vault_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "OCID of the vault. Default: those of all vaults.",
				Validators:          []validator.String{vaultOCID()},
			},
			"name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Exact name; upper and lower case count. Default: all names.",
				Validators:          []validator.String{secretName()},
			},
			"name_regex": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Regular expression ([RE2 syntax](https://github.com/google/re2/wiki/Syntax)) that is found in the name; `^` and `$` tie it to the ends. " +
					"Default: all names.",
				Validators: []validator.String{regularExpression()},
			},
			"lifecycle_state": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `PENDING_DELETION`. " +
					"Default: all states but `DELETED`, so that a scheduled deletion shows.",
				Validators: []validator.String{stringvalidator.OneOf(lifecycleStates...)},
			},
			"freeform_tags": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Freeform tags that a secret must have, with these values; it may have others too. Default: any tags.",
			},
			"include_pins": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether version numbers are read, at one request for each secret that is listed. Default `true`. " +
					"With `false`, `pins`, `ids` and every `current_version_number` are null, and names may repeat.",
			},
			"warn_expiry_within": warnExpiryAttribute("A secret of the list"),
			"secrets": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The secrets, each once, sorted by name and then by OCID.",
				NestedObject:        schema.NestedAttributeObject{Attributes: secretEntryAttributes()},
			},
			"pins": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Name to pin, `<secret OCID>@<number of the current version>`. A name that occurs twice is an error. " +
					"Secrets whose deletion is scheduled stay among them, so that what was migrated before stays managed; a warning names them.",
			},
			"ids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Name to OCID, of the same secrets as `pins`: for a `for_each` that a rotation does not change.",
			},
		},
	}
}

func secretEntryAttributes() map[string]schema.Attribute {
	return addRotationAttributes(map[string]schema.Attribute{
		"id":               schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the secret."},
		"name":             schema.StringAttribute{Computed: true, MarkdownDescription: "Name, unique within its vault."},
		"compartment_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the compartment that the secret is in."},
		"vault_id":         schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the vault."},
		"description":      schema.StringAttribute{Computed: true, MarkdownDescription: "Description; null when there is none."},
		"lifecycle_state":  schema.StringAttribute{Computed: true, MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `PENDING_DELETION`."},
		"time_created":     schema.StringAttribute{Computed: true, MarkdownDescription: "When the secret was created, RFC 3339."},
		"time_of_deletion": schema.StringAttribute{Computed: true, MarkdownDescription: "When the secret will be deleted, RFC 3339; null unless that is scheduled."},
		"current_version_number": schema.Int64Attribute{
			Computed:            true,
			MarkdownDescription: "Number of the version in the stage `CURRENT`; null without `include_pins`, or when OCI does not tell it.",
		},
		"freeform_tags": schema.MapAttribute{
			Computed:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Freeform tags; empty when there are none.",
		},
	})
}

func (d *secretsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model secretsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	entries := d.read(ctx, model, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	warnExpiry(entries, model.WarnExpiryWithin, d.now(), &resp.Diagnostics)
	model.show(entries)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func (d *secretsDataSource) read(ctx context.Context, model secretsModel, diags *diag.Diagnostics) []entry {
	criteria, err := model.filter()
	if err != nil {
		diags.AddAttributeError(path.Root("name_regex"), "Invalid regular expression", glue.Detail(err))
		return nil
	}
	lister := inventory{d.client(), criteria}
	compartments, err := lister.compartments(ctx, model.CompartmentID.ValueString(), model.InSubtree.ValueBool())
	if err != nil {
		explainList(diags, "compartments below", model, err)
		return nil
	}
	entries, err := lister.list(ctx, compartments)
	if err != nil {
		explainList(diags, "secrets of compartment", model, err)
		return nil
	}
	if !model.wantsPins() {
		return entries
	}
	if entries, err = numbered(ctx, lister, entries, diags); err != nil {
		explainList(diags, "secrets of compartment", model, err)
		return nil
	}
	choose(entries)
	var in, leaving, out []entry
	for _, each := range entries {
		switch {
		case !each.pinned:
			out = append(out, each)
		case each.leaving():
			leaving = append(leaving, each)
			fallthrough
		default:
			in = append(in, each)
		}
	}
	refuseNamesakes(in, diags)
	if len(leaving) > 0 {
		diags.AddWarning("Secrets that are going away", "The content of the following cannot be read any more:"+enumerate(summaries(leaving))+
			"\n\nThey stay in pins and ids, so that what was migrated before stays managed. One that was never migrated makes apply fail: "+
			"cancel its deletion in OCI, or set lifecycle_state = \"ACTIVE\" to list only what can be read.")
	}
	if len(out) > 0 {
		diags.AddWarning("Secrets without a pin", "OCI tells no version number of the following, or another secret has their name, so pins leaves them out:"+
			enumerate(summaries(out))+"\n\nSet lifecycle_state = \"ACTIVE\" to list only what can be read.")
	}
	return entries
}

// numbered reads the version numbers, and says what could not be found again.
func numbered(ctx context.Context, lister inventory, listed []entry, diags *diag.Diagnostics) ([]entry, error) {
	entries, missing, notFound, err := lister.number(ctx, listed)
	if err != nil || len(missing) == 0 {
		return entries, err
	}
	hidden, vanished, err := lister.stillListed(ctx, missing)
	if err != nil {
		return nil, err
	}
	if len(hidden) > 0 {
		return nil, forbidden(hidden, notFound)
	}
	diags.AddWarning("Secrets vanished while they were listed", "OCI listed the following and then knew them no more, so they are left out:"+
		enumerate(summaries(vanished)))
	return entries, nil
}

func explainList(diags *diag.Diagnostics, thing string, model secretsModel, err error) {
	trouble := glue.Failure{Verb: "list", Thing: thing, Identity: model.CompartmentID.ValueString()}
	if isAboutArgument(err) {
		trouble.AddTo(diags, path.Root("compartment_id"), err)
		return
	}
	trouble.Add(diags, err)
}
