package cluster

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// healthModel is the health of nodes in configuration and state.
type healthModel struct {
	Address       types.String `tfsdk:"address"`
	LeaderAddress types.String `tfsdk:"leader_address"`
	Nodes         []nodeEntry  `tfsdk:"nodes"`
}

// nodeEntry is the health of one node.
type nodeEntry struct {
	Address             types.String `tfsdk:"address"`
	Reachable           types.Bool   `tfsdk:"reachable"`
	Error               types.String `tfsdk:"error"`
	StatusCode          types.Int64  `tfsdk:"status_code"`
	Initialized         types.Bool   `tfsdk:"initialized"`
	Sealed              types.Bool   `tfsdk:"sealed"`
	Standby             types.Bool   `tfsdk:"standby"`
	Leader              types.Bool   `tfsdk:"leader"`
	LeaderAddress       types.String `tfsdk:"leader_address"`
	Version             types.String `tfsdk:"version"`
	ClusterName         types.String `tfsdk:"cluster_name"`
	ClusterID           types.String `tfsdk:"cluster_id"`
	ServerTime          types.String `tfsdk:"server_time"`
	CertificateNotAfter types.String `tfsdk:"certificate_not_after"`
}

// showNode is what a node answered, or that it did not.
func showNode(address string, health openbao.NodeHealth, err error) nodeEntry {
	entry := nodeEntry{
		Address:             types.StringValue(address),
		Reachable:           types.BoolValue(err == nil),
		CertificateNotAfter: glue.Time(health.CertificateNotAfter),
	}
	if err != nil {
		entry.Error = types.StringValue(err.Error())
		return entry
	}
	entry.StatusCode = types.Int64Value(int64(health.StatusCode))
	entry.Initialized = types.BoolValue(health.Initialized)
	entry.Sealed = types.BoolValue(health.Sealed)
	entry.Standby = types.BoolValue(health.Standby)
	entry.Leader = types.BoolValue(health.IsLeader)
	entry.LeaderAddress = glue.Text(health.LeaderAddress)
	entry.Version = glue.Text(health.Version)
	entry.ClusterName = glue.Text(health.ClusterName)
	entry.ClusterID = glue.Text(health.ClusterID)
	entry.ServerTime = glue.Time(health.ServerTime)
	return entry
}
