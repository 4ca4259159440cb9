package source

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// secretsModel is an inventory in configuration and state.
type secretsModel struct {
	CompartmentID    types.String  `tfsdk:"compartment_id"`
	InSubtree        types.Bool    `tfsdk:"compartment_id_in_subtree"`
	VaultID          types.String  `tfsdk:"vault_id"`
	Name             types.String  `tfsdk:"name"`
	NameRegex        types.String  `tfsdk:"name_regex"`
	LifecycleState   types.String  `tfsdk:"lifecycle_state"`
	FreeformTags     types.Map     `tfsdk:"freeform_tags"`
	IncludePins      types.Bool    `tfsdk:"include_pins"`
	WarnExpiryWithin glue.Duration `tfsdk:"warn_expiry_within"`
	Secrets          []secretEntry `tfsdk:"secrets"`
	Pins             types.Map     `tfsdk:"pins"`
	IDs              types.Map     `tfsdk:"ids"`
}

// secretEntry is one secret of the list.
type secretEntry struct {
	ID                   types.String `tfsdk:"id"`
	Name                 types.String `tfsdk:"name"`
	CompartmentID        types.String `tfsdk:"compartment_id"`
	VaultID              types.String `tfsdk:"vault_id"`
	Description          types.String `tfsdk:"description"`
	LifecycleState       types.String `tfsdk:"lifecycle_state"`
	TimeCreated          types.String `tfsdk:"time_created"`
	TimeOfDeletion       types.String `tfsdk:"time_of_deletion"`
	TimeOfExpiry         types.String `tfsdk:"time_of_current_version_expiry"`
	RotationStatus       types.String `tfsdk:"rotation_status"`
	LastRotationTime     types.String `tfsdk:"last_rotation_time"`
	NextRotationTime     types.String `tfsdk:"next_rotation_time"`
	CurrentVersionNumber types.Int64  `tfsdk:"current_version_number"`
	FreeformTags         types.Map    `tfsdk:"freeform_tags"`
}

// filter is what the model asks for; its expression was validated.
func (m secretsModel) filter() (filter, error) {
	f := filter{
		vaultID: m.VaultID.ValueString(),
		name:    m.Name.ValueString(),
		state:   m.LifecycleState.ValueString(),
		tags:    glue.Texts(m.FreeformTags),
	}
	var err error
	if !m.NameRegex.IsNull() {
		f.pattern, err = regexp.Compile(m.NameRegex.ValueString())
	}
	return f, err
}

func (m secretsModel) wantsPins() bool { return m.IncludePins.IsNull() || m.IncludePins.ValueBool() }

// show fills in what was found.
func (m *secretsModel) show(entries []entry) {
	m.Secrets = make([]secretEntry, len(entries))
	pins, ids := map[string]string{}, map[string]string{}
	for i, each := range entries {
		rotation := showRotation(each.Rotation)
		m.Secrets[i] = secretEntry{
			ID:             types.StringValue(each.ID),
			Name:           types.StringValue(each.Name),
			CompartmentID:  types.StringValue(each.CompartmentID),
			VaultID:        types.StringValue(each.VaultID),
			Description:    glue.Text(each.Description),
			LifecycleState: types.StringValue(each.LifecycleState),
			TimeCreated:    glue.Time(each.TimeCreated),
			TimeOfDeletion: glue.Time(each.TimeOfDeletion),
			TimeOfExpiry:   glue.Time(each.TimeOfCurrentExpiry),
			RotationStatus: rotation.Status, LastRotationTime: rotation.LastTime, NextRotationTime: rotation.NextTime,
			CurrentVersionNumber: versionNumber(each.number),
			FreeformTags:         glue.StringMap(each.FreeformTags),
		}
		if each.pinned {
			pins[each.Name], ids[each.Name] = each.pin(), each.ID
		}
	}
	m.Pins, m.IDs = types.MapNull(types.StringType), types.MapNull(types.StringType)
	if m.wantsPins() {
		m.Pins, m.IDs = glue.StringMap(pins), glue.StringMap(ids)
	}
}

// versionNumber is null for a number that is not known: real ones begin at 1.
func versionNumber(n int64) types.Int64 {
	if n < 1 {
		return types.Int64Null()
	}
	return types.Int64Value(n)
}
