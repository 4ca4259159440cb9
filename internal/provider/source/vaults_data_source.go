package source

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewVaultsDataSource is ocibao_vaults.
func NewVaultsDataSource() datasource.DataSource {
	return &vaultsDataSource{newOCIDataSource("vaults")}
}

type vaultsDataSource struct {
	ociDataSource
}

// vaultsModel is a list of vaults in configuration and state.
type vaultsModel struct {
	CompartmentID types.String `tfsdk:"compartment_id"`
	Vaults        []vaultEntry `tfsdk:"vaults"`
	IDs           types.Map    `tfsdk:"ids"`
}

// vaultEntry is one vault of the list.
type vaultEntry struct {
	ID                 types.String `tfsdk:"id"`
	Name               types.String `tfsdk:"name"`
	CompartmentID      types.String `tfsdk:"compartment_id"`
	LifecycleState     types.String `tfsdk:"lifecycle_state"`
	VaultType          types.String `tfsdk:"vault_type"`
	ManagementEndpoint types.String `tfsdk:"management_endpoint"`
	CryptoEndpoint     types.String `tfsdk:"crypto_endpoint"`
	TimeCreated        types.String `tfsdk:"time_created"`
	FreeformTags       types.Map    `tfsdk:"freeform_tags"`
}

func (d *vaultsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the vaults of one compartment. Vaults that are deleted are left out; those whose deletion is scheduled are not. " +
			"The secrets of a vault may be in other compartments: `ocibao_secrets` finds them with `vault_id` and `compartment_id_in_subtree`.\n\n" +
			"Needs the right `inspect vaults`.",
		Attributes: map[string]schema.Attribute{
			"compartment_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "OCID of the compartment, or of the tenancy for its root compartment.",
				Validators:          []validator.String{compartmentOCID()},
			},
			"vaults": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The vaults, each once, sorted by name and then by OCID.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                  schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the vault."},
					"name":                schema.StringAttribute{Computed: true, MarkdownDescription: "Display name, which OCI does not keep unique."},
					"compartment_id":      schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the compartment that the vault is in."},
					"lifecycle_state":     schema.StringAttribute{Computed: true, MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `PENDING_DELETION`."},
					"vault_type":          schema.StringAttribute{Computed: true, MarkdownDescription: "`DEFAULT`, `VIRTUAL_PRIVATE` or `EXTERNAL`."},
					"management_endpoint": schema.StringAttribute{Computed: true, MarkdownDescription: "URL at which the keys of the vault are managed."},
					"crypto_endpoint":     schema.StringAttribute{Computed: true, MarkdownDescription: "URL at which the keys of the vault are used."},
					"time_created":        schema.StringAttribute{Computed: true, MarkdownDescription: "When the vault was created, RFC 3339."},
					"freeform_tags":       schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Freeform tags; empty when there are none."},
				}},
			},
			"ids": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Name to OCID. Of several with one name it has the active one; " +
					"where several are active, it has none and a warning names them.",
			},
		},
	}
}

func (d *vaultsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model vaultsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	compartment := model.CompartmentID.ValueString()
	found, err := d.client().ListVaults(ctx, compartment)
	if err != nil {
		explainListing(&resp.Diagnostics, "compartment_id", "vaults of compartment", compartment, err)
		return
	}
	model.show(found, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// show fills in what was found.
func (m *vaultsModel) show(found []ocivault.Vault, diags *diag.Diagnostics) {
	found = slices.DeleteFunc(found, func(v ocivault.Vault) bool { return v.LifecycleState == migrate.StateDeleted })
	slices.SortFunc(found, func(a, b ocivault.Vault) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	m.Vaults = make([]vaultEntry, len(found))
	all := make([]listed, len(found))
	for i, each := range found {
		m.Vaults[i] = vaultEntry{
			ID:                 types.StringValue(each.ID),
			Name:               types.StringValue(each.Name),
			CompartmentID:      types.StringValue(each.CompartmentID),
			LifecycleState:     types.StringValue(each.LifecycleState),
			VaultType:          types.StringValue(each.Type),
			ManagementEndpoint: glue.Text(each.ManagementEndpoint),
			CryptoEndpoint:     glue.Text(each.CryptoEndpoint),
			TimeCreated:        glue.Time(each.TimeCreated),
			FreeformTags:       glue.StringMap(each.FreeformTags),
		}
		all[i] = listed{each.Name, each.ID, each.LifecycleState}
	}
	m.IDs = glue.StringMap(idsByName("vaults", all, diags))
}
