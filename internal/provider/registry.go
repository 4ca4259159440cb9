package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/approle"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/cluster"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/kubernetes"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/kv"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/migration"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/policy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/source"
)

var resources = []func() resource.Resource{
	approle.NewAuthMountResource,
	approle.NewRoleResource,
	approle.NewSecretIDResource,
	cluster.NewAuditDeviceResource,
	cluster.NewRaftAutopilotResource,
	kubernetes.NewConfigResource,
	kubernetes.NewRoleResource,
	kv.NewMountResource,
	migration.NewMigratedSecretResource,
	migration.NewMigrationResource,
	policy.NewPolicyResource,
}

var dataSources = []func() datasource.DataSource{
	approle.NewAccessDataSource,
	cluster.NewRaftAutopilotStateDataSource,
	cluster.NewRaftPeersDataSource,
	cluster.NewServerHealthDataSource,
	kv.NewSecretsDataSource,
	migration.NewCoverageDataSource,
	policy.NewPolicyDocumentDataSource,
	source.NewCompartmentsDataSource,
	source.NewSecretBundleDataSource,
	source.NewSecretDataSource,
	source.NewSecretVersionsDataSource,
	source.NewSecretsDataSource,
	source.NewVaultsDataSource,
}

var ephemeralResources = []func() ephemeral.EphemeralResource{
	approle.NewLoginEphemeral,
	approle.NewSecretIDEphemeral,
	kv.NewSecretEphemeral,
	source.NewSecretBundleEphemeral,
}

var actions = []func() action.Action{
	cluster.NewRaftSnapshotAction,
}

var listResources = []func() list.ListResource{
	source.NewMigratedSecretList,
}
