package approle

import (
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// secretIDModel is a secret ID in configuration, plan and state. SecretID is in
// the configuration only.
type secretIDModel struct {
	Mount              types.String  `tfsdk:"mount"`
	RoleName           types.String  `tfsdk:"role_name"`
	Namespace          types.String  `tfsdk:"namespace"`
	WrappingTTL        glue.Duration `tfsdk:"wrapping_ttl"`
	SecretID           types.String  `tfsdk:"secret_id_wo"`
	Version            types.Int64   `tfsdk:"secret_id_wo_version"`
	TTL                glue.Duration `tfsdk:"ttl"`
	NumUses            types.Int64   `tfsdk:"num_uses"`
	CIDRList           types.Set     `tfsdk:"cidr_list"`
	TokenBoundCIDRs    types.Set     `tfsdk:"token_bound_cidrs"`
	Metadata           types.Map     `tfsdk:"metadata"`
	RotateAfter        glue.Duration `tfsdk:"rotate_after"`
	RotationOverlap    glue.Duration `tfsdk:"rotation_overlap"`
	Accessor           types.String  `tfsdk:"accessor"`
	CreationTime       types.String  `tfsdk:"creation_time"`
	Expiration         types.String  `tfsdk:"expiration_time"`
	Rotation           types.String  `tfsdk:"rotation"`
	RotationTime       types.String  `tfsdk:"rotation_time"`
	PreviousAccessors  types.Map     `tfsdk:"previous_accessors"`
	WrappingToken      types.String  `tfsdk:"wrapping_token"`
	WrappingAccessor   types.String  `tfsdk:"wrapping_accessor"`
	WrappingExpiration types.String  `tfsdk:"wrapping_expiration_time"`
	WrappingState      types.String  `tfsdk:"wrapping_state"`
}

// Thing names the role that the secret ID is of.
func (m secretIDModel) Thing() (name, namespace string) {
	return "secret ID of AppRole " + m.Mount.ValueString() + "/" + m.RoleName.ValueString(), m.Namespace.ValueString()
}

func (m secretIDModel) options() openbao.SecretIDOptions {
	options := openbao.SecretIDOptions{
		Metadata:        glue.Texts(m.Metadata),
		CIDRList:        glue.Strings(m.CIDRList),
		TokenBoundCIDRs: glue.Strings(m.TokenBoundCIDRs),
	}
	if !m.TTL.IsNull() && !m.TTL.IsUnknown() {
		seconds := m.TTL.Seconds()
		options.TTL = &seconds
	}
	if !m.NumUses.IsNull() && !m.NumUses.IsUnknown() {
		uses := m.NumUses.ValueInt64()
		options.NumUses = &uses
	}
	return options
}

// madeAs reports whether a secret ID is as the options ask. The server counts
// the uses down.
func madeAs(info openbao.SecretIDInfo, options openbao.SecretIDOptions) bool {
	return maps.Equal(withoutMark(info.Metadata), withoutMark(options.Metadata)) &&
		glue.SameSet(info.CIDRList, options.CIDRList) && glue.SameSet(info.TokenBoundCIDRs, options.TokenBoundCIDRs) &&
		(options.TTL == nil || *options.TTL == info.TTL) &&
		(options.NumUses == nil || *options.NumUses == info.NumUses)
}

// imported reports whether the secret ID came by import: how it was handed over
// once cannot be known.
func (m secretIDModel) imported() bool { return m.WrappingTTL.ValueString() == unwrapped }

// pushed reports whether the secret ID is given in the configuration.
func (m secretIDModel) pushed() bool { return !m.Version.IsNull() }

// hasUnknownMaking reports whether something that a secret ID is made with is
// not known yet.
func (m secretIDModel) hasUnknownMaking() bool {
	return m.TTL.IsUnknown() || m.NumUses.IsUnknown() || m.Version.IsUnknown() || m.WrappingTTL.IsUnknown() ||
		hasUnknown(m.CIDRList, m.CIDRList.Elements()) || hasUnknown(m.TokenBoundCIDRs, m.TokenBoundCIDRs.Elements()) ||
		m.Metadata.IsUnknown() || slices.ContainsFunc(slices.Collect(maps.Values(m.Metadata.Elements())), attr.Value.IsUnknown)
}

func hasUnknown(whole attr.Value, elements []attr.Value) bool {
	return whole.IsUnknown() || slices.ContainsFunc(elements, attr.Value.IsUnknown)
}

// madeOtherwise reports whether the configuration asks for another secret ID than
// the state has. What the configuration leaves out is as the server has it.
func (m secretIDModel) madeOtherwise(config, state secretIDModel) bool {
	switch {
	case !config.TTL.IsNull() && !state.TTL.IsNull() && config.TTL.Seconds() != state.TTL.Seconds(),
		!config.NumUses.IsNull() && !state.NumUses.IsNull() && !config.NumUses.Equal(state.NumUses) && !state.imported(),
		!glue.SameSet(glue.Strings(config.CIDRList), glue.Strings(state.CIDRList)),
		!glue.SameSet(glue.Strings(config.TokenBoundCIDRs), glue.Strings(state.TokenBoundCIDRs)),
		!maps.Equal(glue.Texts(config.Metadata), glue.Texts(state.Metadata)):
		return true
	case config.pushed():
		return !config.Version.Equal(state.Version)
	}
	return state.pushed() && !state.imported()
}

// show fills in what the server tells about the secret ID. Settings that the
// state has stay as they are: none of them can change on the server but for the
// uses, which are counted down.
func (m *secretIDModel) show(info openbao.SecretIDInfo) {
	m.CreationTime, m.Expiration = glue.Time(info.CreationTime), glue.Time(info.ExpirationTime)
	if m.TTL.IsNull() || m.TTL.IsUnknown() {
		m.TTL = glue.Seconds(info.TTL)
	}
	if m.NumUses.IsNull() || m.NumUses.IsUnknown() {
		m.NumUses = types.Int64Value(info.NumUses)
	}
	if m.CIDRList.IsNull() && len(info.CIDRList) > 0 {
		m.CIDRList = glue.StringSet(info.CIDRList)
	}
	if m.TokenBoundCIDRs.IsNull() && len(info.TokenBoundCIDRs) > 0 {
		m.TokenBoundCIDRs = glue.StringSet(info.TokenBoundCIDRs)
	}
	if metadata := withoutMark(info.Metadata); m.Metadata.IsNull() && len(metadata) > 0 {
		m.Metadata = glue.StringMap(metadata)
	}
}

// assume fills in what is known of a secret ID just made when the server does not
// tell.
func (m *secretIDModel) assume(now time.Time) {
	m.CreationTime, m.Expiration = glue.Time(now), types.StringNull()
	if m.TTL.Seconds() > 0 {
		m.Expiration = glue.Time(now.Add(seconds(m.TTL)))
	}
	if m.TTL.IsUnknown() {
		m.TTL = glue.Duration{StringValue: types.StringNull()}
	}
	if m.NumUses.IsUnknown() {
		m.NumUses = types.Int64Null()
	}
}

// unwrappable says that there is no wrapping token.
func (m *secretIDModel) unwrappable() {
	m.WrappingToken, m.WrappingAccessor = types.StringNull(), types.StringNull()
	m.WrappingExpiration, m.WrappingState = types.StringNull(), types.StringNull()
}

// previous are the accessors that were rotated out, with the time from which on
// they are to be revoked.
func (m secretIDModel) previous() map[string]string { return glue.Texts(m.PreviousAccessors) }

// parsedTime is a time of the state; zero when there is none.
func parsedTime(text types.String) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, text.ValueString())
	if err != nil {
		return time.Time{}
	}
	return parsed
}
