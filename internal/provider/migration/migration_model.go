package migration

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// migrationModel is a bulk migration in configuration, plan and state. What the
// engine has to compare for thousands of secrets are flat maps.
type migrationModel struct {
	Mount            types.String  `tfsdk:"mount"`
	Namespace        types.String  `tfsdk:"namespace"`
	Secrets          types.Map     `tfsdk:"secrets"`
	Format           types.String  `tfsdk:"format"`
	Formats          types.Map     `tfsdk:"formats"`
	Key              types.String  `tfsdk:"key"`
	CustomMetadata   types.Map     `tfsdk:"custom_metadata"`
	CopyDescription  types.Bool    `tfsdk:"copy_description"`
	CopyFreeformTags types.Bool    `tfsdk:"copy_freeform_tags"`
	CopyExpiry       types.Bool    `tfsdk:"copy_expiry"`
	CopyRotation     types.Bool    `tfsdk:"copy_rotation"`
	DeleteAtExpiry   types.Bool    `tfsdk:"delete_version_at_expiry"`
	WarnExpiryWithin glue.Duration `tfsdk:"warn_expiry_within"`
	VersionHistory   types.String  `tfsdk:"version_history"`
	OnConflict       types.String  `tfsdk:"on_conflict"`
	OnDestroy        types.String  `tfsdk:"on_destroy"`
	DriftDetection   types.String  `tfsdk:"drift_detection"`
	KVVersions       types.Map     `tfsdk:"kv_versions"`
	Drift            types.Map     `tfsdk:"drift"`
}

// location is where the secret of a name stands.
func (m migrationModel) location(name string) migrate.Location {
	return migrate.Location{Namespace: m.Namespace.ValueString(), Mount: m.Mount.ValueString(), Name: name}
}

// place names the mount in messages.
func (m migrationModel) place() string {
	if namespace := m.Namespace.ValueString(); namespace != "" {
		return namespace + "/" + m.Mount.ValueString()
	}
	return m.Mount.ValueString()
}

// pins are the pins by name; a pin that is none was refused by validation.
func (m migrationModel) pins() map[string]migrate.Pin {
	pins := map[string]migrate.Pin{}
	for name, text := range glue.Texts(m.Secrets) {
		if pin, err := migrate.ParsePin(text); err == nil {
			pins[name] = pin
		}
	}
	return pins
}

// wishes are the wishes by name.
func (m migrationModel) wishes() map[string]migrate.Wish {
	formats, metadata := glue.Texts(m.Formats), glue.Texts(m.CustomMetadata)
	wishes := map[string]migrate.Wish{}
	for name, pin := range m.pins() {
		format := migrate.Format(m.Format.ValueString())
		if exception, is := formats[name]; is {
			format = migrate.Format(exception)
		}
		wishes[name] = migrate.Wish{
			SecretID:         pin.SecretID,
			VersionNumber:    pin.VersionNumber,
			At:               m.location(name),
			Format:           format,
			Key:              m.Key.ValueString(),
			CustomMetadata:   metadata,
			CopyDescription:  m.CopyDescription.ValueBool(),
			CopyFreeformTags: m.CopyFreeformTags.ValueBool(),
			CopyExpiry:       m.CopyExpiry.ValueBool(),
			CopyRotation:     m.CopyRotation.ValueBool(),
			DeleteAtExpiry:   m.DeleteAtExpiry.ValueBool(),
			WarnExpiryWithin: time.Duration(m.WarnExpiryWithin.Seconds()) * time.Second,
			History:          m.VersionHistory.ValueString() == historyAll,
			Overwrite:        m.OnConflict.ValueString() == glue.OnConflictOverwrite,
			OnDestroy:        migrate.OnDestroy(m.OnDestroy.ValueString()),
			Detection:        migrate.Detection(m.DriftDetection.ValueString()),
		}
	}
	return wishes
}

// states are the core's views of a model that was read from state, by name.
func (m migrationModel) states(memories memories) map[string]migrate.State {
	drifts := glue.Texts(m.Drift)
	states := map[string]migrate.State{}
	for name, wish := range m.wishes() {
		known := memories[name]
		if form := known.Form; form != nil {
			wish.Format, wish.Key, wish.DeleteAtExpiry = form.Format, form.Key, form.DeleteAtExpiry
		}
		drift := migrate.DriftNone
		if named, drifted := drifts[name]; drifted {
			drift = migrate.Drift(named)
		}
		states[name] = migrate.State{
			Wish: wish,
			Source: migrate.SourceFacts{
				Missing:        known.SourceMissing,
				LifecycleState: known.LifecycleState,
				TimeOfDeletion: known.TimeOfDeletion,
				TimeOfExpiry:   known.TimeOfExpiry,
				ExpiryUnknown:  known.ExpiryUnknown,
				Expired:        known.Expired,
			},
			Drift:  drift,
			Record: known.Record,
		}
	}
	return states
}

// show makes the model say what is true of each secret.
func (m *migrationModel) show(states map[string]migrate.State) {
	secrets, versions, drifts := map[string]attr.Value{}, map[string]attr.Value{}, map[string]attr.Value{}
	for name, state := range states {
		secrets[name] = types.StringValue(migrate.Pin{SecretID: state.Wish.SecretID, VersionNumber: state.Wish.VersionNumber}.String())
		if state.Record.Engine == migrate.KV2 {
			versions[name] = types.Int64Value(state.Record.Written.Number)
		}
		if state.Drift != migrate.DriftNone {
			drifts[name] = types.StringValue(string(state.Drift))
		}
		if m.DriftDetection.IsUnknown() || m.DriftDetection.IsNull() {
			m.DriftDetection = detectionOf(state.Record.Engine)
		}
	}
	if m.DriftDetection.IsUnknown() {
		m.DriftDetection = types.StringNull()
	}
	m.Secrets = types.MapValueMust(types.StringType, secrets)
	m.KVVersions = types.MapValueMust(types.Int64Type, versions)
	m.Drift = types.MapValueMust(types.StringType, drifts)
}

// detectionOf is how drift is noticed on an engine when nobody chose.
func detectionOf(engine migrate.Engine) types.String {
	if engine == migrate.KV1 {
		return types.StringValue(string(migrate.DetectContent))
	}
	return types.StringValue(string(migrate.DetectVersion))
}

// memories is what private state keeps of a bulk migration, by name.
type memories map[string]bulkMemory

type bulkMemory struct {
	Record migrate.Record `json:"record"`
	// Form is set where the entry does not follow the arguments of the state,
	// which hold for all entries: its update failed when they changed.
	Form           *storedForm `json:"form,omitempty"`
	SourceMissing  bool        `json:"source_missing,omitempty"`
	LifecycleState string      `json:"lifecycle_state,omitempty"` // empty when active
	TimeOfDeletion time.Time   `json:"time_of_deletion,omitzero"`
	TimeOfExpiry   time.Time   `json:"time_of_expiry,omitzero"`
	ExpiryUnknown  bool        `json:"expiry_unknown,omitempty"`
	Expired        bool        `json:"expired,omitempty"`
}

// storedForm is what an entry's value was made by.
type storedForm struct {
	Format         migrate.Format `json:"format"`
	Key            string         `json:"key"`
	DeleteAtExpiry bool           `json:"delete_at_expiry,omitempty"`
}

func formOf(wish migrate.Wish) storedForm {
	return storedForm{Format: wish.Format, Key: wish.Key, DeleteAtExpiry: wish.DeleteAtExpiry}
}

// memoriesKey is where they stand in private state.
const memoriesKey = "migration"

func rememberAll(states map[string]migrate.State, model migrationModel) memories {
	all, wishes := memories{}, model.wishes()
	for name, state := range states {
		lifecycle := state.Source.LifecycleState
		if lifecycle == migrate.StateActive {
			lifecycle = ""
		}
		var other *storedForm
		if form := formOf(state.Wish); form != formOf(wishes[name]) {
			other = &form
		}
		all[name] = bulkMemory{
			Record:         state.Record,
			Form:           other,
			SourceMissing:  state.Source.Missing,
			LifecycleState: lifecycle,
			TimeOfDeletion: state.Source.TimeOfDeletion,
			TimeOfExpiry:   state.Source.TimeOfExpiry,
			ExpiryUnknown:  state.Source.ExpiryUnknown,
			Expired:        state.Source.Expired,
		}
	}
	return all
}

// recallAll reads private state. Where it is missing, the visible attributes
// have to do.
func recallAll(raw []byte, model migrationModel) memories {
	all := memories{}
	if len(raw) > 0 && json.Unmarshal(raw, &all) == nil && len(all) > 0 {
		return all
	}
	metadata := slices.Sorted(maps.Keys(glue.Texts(model.CustomMetadata)))
	versions := model.KVVersions.Elements()
	for name := range model.Secrets.Elements() {
		record := migrate.Record{Engine: migrate.KV1}
		if number, is := versions[name].(types.Int64); is {
			written := migrate.RecordedVersion{Number: number.ValueInt64()}
			record = migrate.Record{Engine: migrate.KV2, Written: written, Seen: written, Marked: true, MetadataKeys: metadata}
		}
		all[name] = bulkMemory{Record: record}
	}
	return all
}
