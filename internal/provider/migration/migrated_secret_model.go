package migration

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// migratedSecretModel is a migrated secret in configuration, plan and state.
type migratedSecretModel struct {
	SecretID         types.String  `tfsdk:"secret_id"`
	VersionNumber    types.Int64   `tfsdk:"version_number"`
	Stage            types.String  `tfsdk:"stage"`
	Mount            types.String  `tfsdk:"mount"`
	Name             types.String  `tfsdk:"name"`
	Namespace        types.String  `tfsdk:"namespace"`
	CustomMetadata   types.Map     `tfsdk:"custom_metadata"`
	CopyDescription  types.Bool    `tfsdk:"copy_description"`
	CopyFreeformTags types.Bool    `tfsdk:"copy_freeform_tags"`
	CopyExpiry       types.Bool    `tfsdk:"copy_expiry"`
	CopyRotation     types.Bool    `tfsdk:"copy_rotation"`
	DeleteAtExpiry   types.Bool    `tfsdk:"delete_version_at_expiry"`
	WarnExpiryWithin glue.Duration `tfsdk:"warn_expiry_within"`
	Format           types.String  `tfsdk:"format"`
	Key              types.String  `tfsdk:"key"`
	OnConflict       types.String  `tfsdk:"on_conflict"`
	OnDestroy        types.String  `tfsdk:"on_destroy"`
	DriftDetection   types.String  `tfsdk:"drift_detection"`
	KVVersion        types.Int64   `tfsdk:"kv_version"`
	Keys             types.List    `tfsdk:"keys"`
	APIPath          types.String  `tfsdk:"api_path"`
	ACLPath          types.String  `tfsdk:"acl_path"`
	Source           types.Object  `tfsdk:"source"`
	Drift            types.String  `tfsdk:"drift"`
}

// sourceTypes are the attributes of the source object.
var sourceTypes = map[string]attr.Type{
	"name":                   types.StringType,
	"lifecycle_state":        types.StringType,
	"time_of_deletion":       types.StringType,
	"current_version_number": types.Int64Type,

	"time_of_current_version_expiry": types.StringType,
	"rotation_status":                types.StringType,
	"last_rotation_time":             types.StringType,
	"next_rotation_time":             types.StringType,
}

// same reports whether nothing changed, so that nothing has to be set: setting is
// the dearest part of refreshing and planning a secret.
func (m migratedSecretModel) same(other migratedSecretModel) bool { return reflect.DeepEqual(m, other) }

// location is where the secret stands in OpenBao.
func (m migratedSecretModel) location() migrate.Location {
	return migrate.Location{Namespace: m.Namespace.ValueString(), Mount: m.Mount.ValueString(), Name: m.Name.ValueString()}
}

// wish is what the model asks for. Unknown values are empty.
func (m migratedSecretModel) wish() migrate.Wish {
	return migrate.Wish{
		SecretID:         m.SecretID.ValueString(),
		VersionNumber:    m.VersionNumber.ValueInt64(),
		Stage:            m.Stage.ValueString(),
		At:               m.location(),
		Format:           migrate.Format(m.Format.ValueString()),
		Key:              m.Key.ValueString(),
		CustomMetadata:   glue.Texts(m.CustomMetadata),
		CopyDescription:  m.CopyDescription.ValueBool(),
		CopyFreeformTags: m.CopyFreeformTags.ValueBool(),
		CopyExpiry:       m.CopyExpiry.ValueBool(),
		CopyRotation:     m.CopyRotation.ValueBool(),
		DeleteAtExpiry:   m.DeleteAtExpiry.ValueBool(),
		WarnExpiryWithin: time.Duration(m.WarnExpiryWithin.Seconds()) * time.Second,
		Overwrite:        m.OnConflict.ValueString() == glue.OnConflictOverwrite,
		OnDestroy:        migrate.OnDestroy(m.OnDestroy.ValueString()),
		Detection:        migrate.Detection(m.DriftDetection.ValueString()),
	}
}

// state is the core's view of a model that was read from state.
func (m migratedSecretModel) state(memory memory) migrate.State {
	source := migrate.SourceFacts{
		Missing:            memory.SourceMissing,
		StageVersionNumber: memory.StageVersionNumber,
		TimeOfExpiry:       memory.TimeOfExpiry,
		ExpiryUnknown:      memory.ExpiryUnknown,
		Expired:            memory.Expired,
	}
	attributes := m.Source.Attributes()
	if name, is := attributes["name"].(types.String); is {
		source.Name = name.ValueString()
	}
	if state, is := attributes["lifecycle_state"].(types.String); is {
		source.LifecycleState = state.ValueString()
	}
	if number, is := attributes["current_version_number"].(types.Int64); is {
		source.CurrentVersionNumber = number.ValueInt64()
	}
	if deletion, is := attributes["time_of_deletion"].(types.String); is {
		source.TimeOfDeletion, _ = time.Parse(time.RFC3339, deletion.ValueString())
	}
	return migrate.State{Wish: m.wish(), Source: source, Drift: migrate.Drift(m.Drift.ValueString()), Record: memory.Record}
}

// setSource shows the facts of the source. Those that a missing source cannot
// give any more stay as they were.
func (m *migratedSecretModel) setSource(facts migrate.SourceFacts) {
	if facts.Missing && !m.Source.IsNull() && !m.Source.IsUnknown() {
		attributes := maps.Clone(m.Source.Attributes())
		attributes["lifecycle_state"] = types.StringNull()
		m.Source = types.ObjectValueMust(sourceTypes, attributes)
		return
	}
	number := types.Int64Null()
	if facts.CurrentVersionNumber != 0 {
		number = types.Int64Value(facts.CurrentVersionNumber)
	}
	m.Source = types.ObjectValueMust(sourceTypes, map[string]attr.Value{
		"name":                   glue.Text(facts.Name),
		"lifecycle_state":        glue.Text(facts.LifecycleState),
		"time_of_deletion":       glue.Time(facts.TimeOfDeletion),
		"current_version_number": number,

		"time_of_current_version_expiry": glue.Time(facts.TimeOfCurrentExpiry),
		"rotation_status":                glue.Text(facts.Rotation.Status),
		"last_rotation_time":             glue.Time(facts.Rotation.LastTime),
		"next_rotation_time":             glue.Time(facts.Rotation.NextTime),
	})
}

// setRecord shows where the copy stands.
func (m *migratedSecretModel) setRecord(record migrate.Record) {
	at := m.location()
	data := ""
	m.KVVersion = types.Int64Null()
	if record.Engine == migrate.KV2 {
		data = "data/"
		m.KVVersion = types.Int64Value(record.Written.Number)
	}
	m.ACLPath = types.StringValue(at.Mount + "/" + data + at.Name)
	m.APIPath = types.StringValue(glue.EscapePath(at.Mount) + "/" + data + glue.EscapePath(at.Name))
	if m.DriftDetection.IsUnknown() || m.DriftDetection.IsNull() {
		m.DriftDetection = detectionOf(record.Engine)
	}
}

// memory is what private state keeps of a migrated secret: numbers, times and
// names that a plan's reader has no use for.
type memory struct {
	Record             migrate.Record `json:"record"`
	StageVersionNumber int64          `json:"stage_version_number,omitempty"`
	SourceMissing      bool           `json:"source_missing,omitempty"`
	TimeOfExpiry       time.Time      `json:"time_of_expiry,omitzero"`
	ExpiryUnknown      bool           `json:"expiry_unknown,omitempty"`
	Expired            bool           `json:"expired,omitempty"`
}

// memoryKey is where it stands in private state.
const memoryKey = "migrated_secret"

func remember(record migrate.Record, facts migrate.SourceFacts) memory {
	return memory{
		Record: record, StageVersionNumber: facts.StageVersionNumber, SourceMissing: facts.Missing,
		TimeOfExpiry: facts.TimeOfExpiry, ExpiryUnknown: facts.ExpiryUnknown, Expired: facts.Expired,
	}
}

// recall reads private state. Where that is missing, as in a state file that was
// edited by hand, the visible attributes have to do.
func recall(raw []byte, model migratedSecretModel) memory {
	var m memory
	if len(raw) > 0 && json.Unmarshal(raw, &m) == nil && m.Record.Engine != 0 {
		return m
	}
	m = memory{Record: migrate.Record{Engine: migrate.KV1}}
	if !model.KVVersion.IsNull() {
		m.Record.Engine = migrate.KV2
		m.Record.Written.Number = model.KVVersion.ValueInt64()
		m.Record.Seen = m.Record.Written
		m.Record.Marked = true
		m.Record.MetadataKeys = slices.Sorted(maps.Keys(glue.Texts(model.CustomMetadata)))
	}
	return m
}
