package migration

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// coverageModel is a coverage in configuration and state.
type coverageModel struct {
	Mount      types.String         `tfsdk:"mount"`
	Namespace  types.String         `tfsdk:"namespace"`
	Pins       types.Map            `tfsdk:"pins"`
	Selected   types.Map            `tfsdk:"selected"`
	Ignore     types.Set            `tfsdk:"ignore"`
	MatchedBy  types.String         `tfsdk:"matched_by"`
	Complete   types.Bool           `tfsdk:"complete"`
	Counts     *coverageCountsModel `tfsdk:"counts"`
	Migrated   types.Map            `tfsdk:"migrated"`
	Outdated   types.Map            `tfsdk:"outdated"`
	Modified   types.Map            `tfsdk:"modified"`
	Pending    types.Map            `tfsdk:"pending"`
	Unselected types.List           `tfsdk:"unselected"`
	Orphaned   types.Map            `tfsdk:"orphaned"`
	Foreign    types.List           `tfsdk:"foreign"`
	JSON       types.String         `tfsdk:"json"`
	Markdown   types.String         `tfsdk:"markdown"`
}

// coverageCountsModel are the sizes of its parts.
type coverageCountsModel struct {
	Inventory  types.Int64 `tfsdk:"inventory"`
	Selected   types.Int64 `tfsdk:"selected"`
	Migrated   types.Int64 `tfsdk:"migrated"`
	Outdated   types.Int64 `tfsdk:"outdated"`
	Modified   types.Int64 `tfsdk:"modified"`
	Pending    types.Int64 `tfsdk:"pending"`
	Unselected types.Int64 `tfsdk:"unselected"`
	Ignored    types.Int64 `tfsdk:"ignored"`
	Orphaned   types.Int64 `tfsdk:"orphaned"`
	Foreign    types.Int64 `tfsdk:"foreign"`
}

func (m coverageModel) location(name string) migrate.Location {
	return migrate.Location{Namespace: m.Namespace.ValueString(), Mount: m.Mount.ValueString(), Name: name}
}

// place names the mount in messages.
func (m coverageModel) place() string {
	if namespace := m.Namespace.ValueString(); namespace != "" {
		return namespace + "/" + m.Mount.ValueString()
	}
	return m.Mount.ValueString()
}

// question is what the configuration asks, without what is present.
func (m coverageModel) question(diags *diag.Diagnostics) migrate.CoverageQuestion {
	inventory := parsePins(m.Pins, path.Root("pins"), diags)
	selected := inventory
	if !m.Selected.IsNull() {
		selected = parsePins(m.Selected, path.Root("selected"), diags)
	}
	return migrate.CoverageQuestion{Inventory: inventory, Selected: selected, Ignored: glue.Strings(m.Ignore)}
}

// parsePins refuses what validation lets pass: an element that is null.
func parsePins(texts types.Map, at path.Path, diags *diag.Diagnostics) map[string]migrate.Pin {
	pins := map[string]migrate.Pin{}
	for name, text := range glue.Texts(texts) {
		pin, err := migrate.ParsePin(text)
		if err != nil {
			diags.AddAttributeError(at.AtMapKey(name), "Invalid pin", glue.Detail(err))
		}
		pins[name] = pin
	}
	return pins
}

// show fills in the coverage.
func (m *coverageModel) show(coverage migrate.Coverage) {
	counts := coverage.Counts()
	m.Complete = types.BoolValue(coverage.Complete())
	m.Counts = &coverageCountsModel{
		Inventory:  types.Int64Value(counts.Inventory),
		Selected:   types.Int64Value(counts.Selected),
		Migrated:   types.Int64Value(counts.Migrated),
		Outdated:   types.Int64Value(counts.Outdated),
		Modified:   types.Int64Value(counts.Modified),
		Pending:    types.Int64Value(counts.Pending),
		Unselected: types.Int64Value(counts.Unselected),
		Ignored:    types.Int64Value(counts.Ignored),
		Orphaned:   types.Int64Value(counts.Orphaned),
		Foreign:    types.Int64Value(counts.Foreign),
	}
	m.Migrated, m.Outdated, m.Modified = pinMap(coverage.Migrated), pinMap(coverage.Outdated), pinMap(coverage.Modified)
	m.Pending, m.Orphaned = pinMap(coverage.Pending), pinMap(coverage.Orphaned)
	m.Unselected, m.Foreign = glue.StringList(coverage.Unselected), glue.StringList(coverage.Foreign)
	m.JSON, m.Markdown = types.StringValue(coverage.JSON(m.location(""))), types.StringValue(coverage.Markdown(m.location("")))
}

func pinMap(pins map[string]migrate.Pin) types.Map {
	texts := make(map[string]string, len(pins))
	for name, pin := range pins {
		texts[name] = pin.String()
	}
	return glue.StringMap(texts)
}
