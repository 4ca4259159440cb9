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

// NewCompartmentsDataSource is ocibao_compartments.
func NewCompartmentsDataSource() datasource.DataSource {
	return &compartmentsDataSource{newOCIDataSource("compartments")}
}

type compartmentsDataSource struct {
	ociDataSource
}

// compartmentsModel is a list of compartments in configuration and state.
type compartmentsModel struct {
	CompartmentID types.String       `tfsdk:"compartment_id"`
	InSubtree     types.Bool         `tfsdk:"compartment_id_in_subtree"`
	Compartments  []compartmentEntry `tfsdk:"compartments"`
	IDs           types.Map          `tfsdk:"ids"`
}

// compartmentEntry is one compartment of the list.
type compartmentEntry struct {
	ID             types.String `tfsdk:"id"`
	ParentID       types.String `tfsdk:"parent_id"`
	Name           types.String `tfsdk:"name"`
	Path           types.String `tfsdk:"path"`
	Description    types.String `tfsdk:"description"`
	LifecycleState types.String `tfsdk:"lifecycle_state"`
	TimeCreated    types.String `tfsdk:"time_created"`
	FreeformTags   types.Map    `tfsdk:"freeform_tags"`
}

func (d *compartmentsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the compartments below another or below the tenancy, which is then in the list itself: OCI keeps secrets and vaults there too. " +
			"Compartments that are deleted are left out.\n\n" +
			"Needs the right `inspect compartments`.",
		Attributes: map[string]schema.Attribute{
			"compartment_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "OCID of the compartment or tenancy to look below.",
				Validators:          []validator.String{compartmentOCID()},
			},
			"compartment_id_in_subtree": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether compartments of all depths are listed, and not only the next. Default `false`. " +
					"Below the tenancy OCI answers that at once; elsewhere it takes a request or more for each compartment.",
			},
			"compartments": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The compartments, each once, sorted by path; the tenancy comes first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":        schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the compartment."},
					"parent_id": schema.StringAttribute{Computed: true, MarkdownDescription: "OCID of the compartment that it is in; null for the tenancy."},
					"name":      schema.StringAttribute{Computed: true, MarkdownDescription: "Name, unique within its parent; null for the tenancy, whose name OCI does not list."},
					"path": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Names from below `compartment_id` down to this one, joined by slashes, such as `a/b/c`; `/` for the tenancy.",
					},
					"description":     schema.StringAttribute{Computed: true, MarkdownDescription: "Description; null when there is none."},
					"lifecycle_state": schema.StringAttribute{Computed: true, MarkdownDescription: "Lifecycle state as OCI names it, such as `ACTIVE` or `DELETING`."},
					"time_created":    schema.StringAttribute{Computed: true, MarkdownDescription: "When it was created, RFC 3339; null for the tenancy."},
					"freeform_tags":   schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Freeform tags; empty when there are none."},
				}},
			},
			"ids": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Path to OCID, made for `for_each`. Of several with one path it has the active one.",
			},
		},
	}
}

func (d *compartmentsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model compartmentsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.require(&resp.Diagnostics) {
		return
	}
	root := model.CompartmentID.ValueString()
	found, err := d.client().ListCompartments(ctx, ocivault.ListCompartmentsRequest{ID: root, Subtree: model.InSubtree.ValueBool(), IncludeTenancy: true})
	if err != nil {
		explainListing(&resp.Diagnostics, "compartment_id", "compartments below", root, err)
		return
	}
	found = slices.DeleteFunc(found, func(c ocivault.Compartment) bool { return c.LifecycleState == migrate.StateDeleted })
	model.show(root, found, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// show fills in what was found.
func (m *compartmentsModel) show(root string, found []ocivault.Compartment, diags *diag.Diagnostics) {
	paths := compartmentPaths(root, found)
	slices.SortFunc(found, func(a, b ocivault.Compartment) int {
		switch {
		case a.IsTenancy:
			return -1
		case b.IsTenancy:
			return 1
		}
		return cmp.Or(cmp.Compare(paths[a.ID], paths[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	m.Compartments = make([]compartmentEntry, len(found))
	all := make([]listed, len(found))
	for i, each := range found {
		m.Compartments[i] = compartmentEntry{
			ID:             types.StringValue(each.ID),
			ParentID:       glue.Text(each.ParentID),
			Name:           glue.Text(each.Name),
			Path:           types.StringValue(paths[each.ID]),
			Description:    glue.Text(each.Description),
			LifecycleState: types.StringValue(each.LifecycleState),
			TimeCreated:    glue.Time(each.TimeCreated),
			FreeformTags:   glue.StringMap(each.FreeformTags),
		}
		all[i] = listed{paths[each.ID], each.ID, each.LifecycleState}
	}
	m.IDs = glue.StringMap(idsByName("compartments", all, diags))
}

// compartmentPaths are the paths below root, by OCID. A parent that is not in
// the list, because it may not be seen, is named by its OCID.
func compartmentPaths(root string, list []ocivault.Compartment) map[string]string {
	byID := map[string]ocivault.Compartment{}
	for _, each := range list {
		byID[each.ID] = each
	}
	paths := map[string]string{}
	var pathOf func(id string) string
	pathOf = func(id string) string {
		if path, known := paths[id]; known {
			return path
		}
		each, isListed := byID[id]
		paths[id] = id // ends a circle, which OCI does not have
		switch {
		case !isListed:
		case each.IsTenancy:
			paths[id] = "/"
		case each.ParentID == root:
			paths[id] = each.Name
		default:
			paths[id] = pathOf(each.ParentID) + "/" + each.Name
		}
		return paths[id]
	}
	for _, each := range list {
		pathOf(each.ID)
	}
	return paths
}
