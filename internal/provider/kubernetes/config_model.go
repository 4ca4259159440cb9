package kubernetes

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// configModel is a configuration of the auth method in configuration, plan and
// state. ReviewerJWT is in the configuration only.
type configModel struct {
	Mount                types.String `tfsdk:"mount"`
	Namespace            types.String `tfsdk:"namespace"`
	Host                 types.String `tfsdk:"kubernetes_host"`
	CACert               types.String `tfsdk:"kubernetes_ca_cert"`
	ReviewerJWT          types.String `tfsdk:"token_reviewer_jwt_wo"`
	Version              types.Int64  `tfsdk:"token_reviewer_jwt_wo_version"`
	ReviewerSet          types.Bool   `tfsdk:"token_reviewer_jwt_set"`
	PEMKeys              types.Set    `tfsdk:"pem_keys"`
	Issuer               types.String `tfsdk:"issuer"`
	DisableISSValidation types.Bool   `tfsdk:"disable_iss_validation"`
	DisableLocalCAJWT    types.Bool   `tfsdk:"disable_local_ca_jwt"`
	OnConflict           types.String `tfsdk:"on_conflict"`
}

// importedVersion is the version of a token of a reviewer that may be on the server
// when it is imported.
const importedVersion = 1

// Thing names the configuration.
func (m configModel) Thing() (name, namespace string) {
	return "Kubernetes auth configuration " + m.Mount.ValueString(), m.Namespace.ValueString()
}

// Same reports whether both say the same, but for the token of the reviewer.
func (m configModel) Same(other configModel) bool { return m.config(m).Same(other.config(other)) }

// config is what the model asks for, with the token of the reviewer from the
// configuration.
func (m configModel) config(written configModel) openbao.KubernetesConfig {
	return openbao.KubernetesConfig{
		Namespace:            m.Namespace.ValueString(),
		Mount:                m.Mount.ValueString(),
		Host:                 m.Host.ValueString(),
		CACert:               m.CACert.ValueString(),
		PEMKeys:              glue.Strings(m.PEMKeys),
		Issuer:               m.Issuer.ValueString(),
		DisableISSValidation: m.DisableISSValidation.ValueBool(),
		DisableLocalCAJWT:    m.DisableLocalCAJWT.ValueBool(),
		TokenReviewerJWT:     migrate.NewSecret([]byte(written.ReviewerJWT.ValueString())),
	}
}

// show fills in what the server has. It trims keys, which keep the spelling they
// have here.
func (m *configModel) show(config openbao.KubernetesConfig) {
	spelling := map[string]string{}
	for _, key := range glue.Strings(m.PEMKeys) {
		spelling[strings.TrimSpace(key)] = key
	}
	keys := make([]string, len(config.PEMKeys))
	for i, key := range config.PEMKeys {
		keys[i] = key
		if spelt, known := spelling[strings.TrimSpace(key)]; known {
			keys[i] = spelt
		}
	}
	m.Host, m.CACert, m.PEMKeys = types.StringValue(config.Host), types.StringValue(config.CACert), glue.StringSet(keys)
	m.Issuer = types.StringValue(config.Issuer)
	m.DisableISSValidation, m.DisableLocalCAJWT = types.BoolValue(config.DisableISSValidation), types.BoolValue(config.DisableLocalCAJWT)
	if has := config.HasTokenReviewerJWT; has != nil {
		if m.ReviewerSet.IsNull() && !*has {
			m.Version = types.Int64Null()
		}
		m.ReviewerSet = types.BoolValue(*has)
	}
}

// planReviewer plans whether the server has a token of a reviewer: it has when the
// configuration gives one. Of one that may have been imported nothing is known
// where the server does not tell.
func (m *configModel) planReviewer(config, state configModel, known bool) {
	m.Version = config.Version
	switch {
	case config.Version.IsUnknown():
		m.ReviewerSet = types.BoolUnknown()
	case !config.Version.IsNull():
		m.ReviewerSet = types.BoolValue(true)
		if known && state.ReviewerSet.IsNull() && config.Version.Equal(state.Version) {
			m.ReviewerSet = state.ReviewerSet
		}
	case known && state.ReviewerSet.IsNull():
		m.Version, m.ReviewerSet = state.Version, state.ReviewerSet
	default:
		m.ReviewerSet = types.BoolValue(false)
		if known && !state.ReviewerSet.ValueBool() {
			m.Version = state.Version
		}
	}
}
