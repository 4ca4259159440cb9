package cluster

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// autopilotID is the ID of the one configuration that a cluster has.
const autopilotID = "autopilot"

// autopilotModel is the configuration in configuration, plan and state.
type autopilotModel struct {
	ID                             types.String  `tfsdk:"id"`
	CleanupDeadServers             types.Bool    `tfsdk:"cleanup_dead_servers"`
	DeadServerLastContactThreshold glue.Duration `tfsdk:"dead_server_last_contact_threshold"`
	LastContactThreshold           glue.Duration `tfsdk:"last_contact_threshold"`
	MaxTrailingLogs                types.Int64   `tfsdk:"max_trailing_logs"`
	MinQuorum                      types.Int64   `tfsdk:"min_quorum"`
	ServerStabilizationTime        glue.Duration `tfsdk:"server_stabilization_time"`
	OnConflict                     types.String  `tfsdk:"on_conflict"`
}

// Thing names the configuration.
func (m autopilotModel) Thing() (name, namespace string) {
	return "configuration of autopilot", glue.Server
}

// Same reports whether both are the same configuration.
func (m autopilotModel) Same(other autopilotModel) bool { return m.config() == other.config() }

// config is what the model asks for; a min_quorum that is not known is left to
// the server.
func (m autopilotModel) config() openbao.Autopilot {
	return openbao.Autopilot{
		CleanupDeadServers:             m.CleanupDeadServers.ValueBool(),
		DeadServerLastContactThreshold: m.DeadServerLastContactThreshold.Seconds(),
		LastContactThreshold:           m.LastContactThreshold.Seconds(),
		MaxTrailingLogs:                m.MaxTrailingLogs.ValueInt64(),
		MinQuorum:                      m.MinQuorum.ValueInt64(),
		ServerStabilizationTime:        m.ServerStabilizationTime.Seconds(),
	}
}

// show fills in what the server has.
func (m *autopilotModel) show(config openbao.Autopilot) {
	m.ID = types.StringValue(autopilotID)
	m.CleanupDeadServers = types.BoolValue(config.CleanupDeadServers)
	m.DeadServerLastContactThreshold = glue.Seconds(config.DeadServerLastContactThreshold)
	m.LastContactThreshold = glue.Seconds(config.LastContactThreshold)
	m.MaxTrailingLogs = types.Int64Value(config.MaxTrailingLogs)
	m.MinQuorum = types.Int64Value(config.MinQuorum)
	m.ServerStabilizationTime = glue.Seconds(config.ServerStabilizationTime)
}

// complete fills in what the plan did not know.
func (m *autopilotModel) complete(before openbao.Autopilot) {
	m.ID = types.StringValue(autopilotID)
	if m.MinQuorum.IsUnknown() {
		m.MinQuorum = types.Int64Value(before.MinQuorum)
	}
}

// isDefault reports a configuration that nobody has made. The server cannot unset
// the quorum, which means nothing while no server is removed.
func isDefault(config openbao.Autopilot) bool {
	defaults := openbao.DefaultAutopilot()
	defaults.MinQuorum = config.MinQuorum
	return config == defaults
}

// isShownBy reports whether the server has what the model has.
func (m autopilotModel) isShownBy(config openbao.Autopilot) bool {
	m.complete(config)
	return m.config() == config
}
