package source

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// secretModel is the metadata of a secret in configuration and state.
type secretModel struct {
	ID                   types.String         `tfsdk:"id"`
	SecretID             types.String         `tfsdk:"secret_id"`
	Name                 types.String         `tfsdk:"name"`
	VaultID              types.String         `tfsdk:"vault_id"`
	CompartmentID        types.String         `tfsdk:"compartment_id"`
	KeyID                types.String         `tfsdk:"key_id"`
	Description          types.String         `tfsdk:"description"`
	LifecycleState       types.String         `tfsdk:"lifecycle_state"`
	TimeCreated          types.String         `tfsdk:"time_created"`
	TimeOfDeletion       types.String         `tfsdk:"time_of_deletion"`
	TimeOfExpiry         types.String         `tfsdk:"time_of_current_version_expiry"`
	WarnExpiryWithin     glue.Duration        `tfsdk:"warn_expiry_within"`
	RotationConfig       *rotationConfigModel `tfsdk:"rotation_config"`
	RotationStatus       types.String         `tfsdk:"rotation_status"`
	LastRotationTime     types.String         `tfsdk:"last_rotation_time"`
	NextRotationTime     types.String         `tfsdk:"next_rotation_time"`
	CurrentVersionNumber types.Int64          `tfsdk:"current_version_number"`
	Pin                  types.String         `tfsdk:"pin"`
	Stages               types.Map            `tfsdk:"stages"`
	FreeformTags         types.Map            `tfsdk:"freeform_tags"`
	DefinedTags          types.Map            `tfsdk:"defined_tags"`
	MetadataKeys         types.List           `tfsdk:"metadata_keys"`
	Rules                []ruleModel          `tfsdk:"rules"`
}

// rotationConfigModel is how OCI rotates a secret.
type rotationConfigModel struct {
	Interval  types.String `tfsdk:"rotation_interval"`
	Scheduled types.Bool   `tfsdk:"is_scheduled_rotation_enabled"`
}

// ruleModel is a rule of a secret.
type ruleModel struct {
	Type                 types.String `tfsdk:"rule_type"`
	VersionInterval      types.String `tfsdk:"secret_version_expiry_interval"`
	TimeOfAbsoluteExpiry types.String `tfsdk:"time_of_absolute_expiry"`
	BlocksRetrieval      types.Bool   `tfsdk:"is_secret_content_retrieval_blocked_on_expiry"`
}

func (m secretModel) lookup() lookup {
	return lookup{m.SecretID, []argument{{"name", m.Name}, {"vault_id", m.VaultID}, {"compartment_id", m.CompartmentID}}}
}

// identity is what the configuration calls the secret.
func (m secretModel) identity() string {
	if m.SecretID.IsNull() {
		return m.Name.ValueString()
	}
	return m.SecretID.ValueString()
}

// show fills in the metadata.
func (m *secretModel) show(secret migrate.SourceSecret) {
	m.ID, m.SecretID = types.StringValue(secret.ID), types.StringValue(secret.ID)
	m.Name = types.StringValue(secret.Name)
	m.VaultID = types.StringValue(secret.VaultID)
	m.CompartmentID = types.StringValue(secret.CompartmentID)
	m.KeyID = glue.Text(secret.KeyID)
	m.Description = glue.Text(secret.Description)
	m.LifecycleState = types.StringValue(secret.LifecycleState)
	m.TimeCreated = glue.Time(secret.TimeCreated)
	m.TimeOfDeletion = glue.Time(secret.TimeOfDeletion)
	m.TimeOfExpiry = glue.Time(secret.TimeOfCurrentExpiry)
	rotation := showRotation(secret.Rotation)
	m.RotationStatus, m.LastRotationTime, m.NextRotationTime = rotation.Status, rotation.LastTime, rotation.NextTime
	if secret.Rotation.Interval != "" || secret.Rotation.Scheduled {
		m.RotationConfig = &rotationConfigModel{Interval: glue.Text(secret.Rotation.Interval), Scheduled: types.BoolValue(secret.Rotation.Scheduled)}
	}
	m.CurrentVersionNumber = versionNumber(secret.CurrentVersionNumber)
	m.Pin = pin(secret.ID, secret.CurrentVersionNumber)
	m.FreeformTags = glue.StringMap(secret.FreeformTags)
	m.DefinedTags = glue.StringMap(flatten(secret.DefinedTags))
	m.MetadataKeys = list(slices.Sorted(maps.Keys(secret.Metadata)))
	m.Rules = make([]ruleModel, len(secret.Rules))
	for i, rule := range secret.Rules {
		m.Rules[i] = ruleModel{
			Type:                 types.StringValue(rule.Type),
			VersionInterval:      glue.Text(rule.SecretVersionExpiryInterval),
			TimeOfAbsoluteExpiry: glue.Time(rule.TimeOfAbsoluteExpiry),
			BlocksRetrieval:      types.BoolValue(rule.RetrievalBlockedOnExpiry),
		}
	}
}

// showStages fills in which version each stage selects. Of several DEPRECATED
// ones no single number can be told.
func (m *secretModel) showStages(versions []migrate.SourceVersion) {
	numbers := map[string]attr.Value{}
	for _, version := range versions {
		for _, stage := range version.Stages {
			if slices.Contains(migrate.Stages, stage) {
				numbers[stage] = types.Int64Value(version.Number)
			}
		}
	}
	m.Stages = types.MapValueMust(types.Int64Type, numbers)
}

// flatten writes defined tags as "<namespace>.<key>", like Oracle's provider.
func flatten(tags map[string]map[string]string) map[string]string {
	flat := map[string]string{}
	for namespace, values := range tags {
		for key, text := range values {
			flat[namespace+"."+key] = text
		}
	}
	return flat
}

func pin(secretID string, number int64) types.String {
	if number < 1 {
		return types.StringNull()
	}
	return types.StringValue(migrate.Pin{SecretID: secretID, VersionNumber: number}.String())
}
