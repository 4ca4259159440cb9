package glue

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// DataSource is what data sources have in common.
type DataSource struct {
	Clients  *Clients
	typeName string
}

// NewDataSource is a data source whose type has that name behind the provider's.
func NewDataSource(typeName string) DataSource { return DataSource{typeName: typeName} }

// Metadata names the type.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.typeName
}

// Configure takes the clients.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.Clients = FromProvider(req.ProviderData, &resp.Diagnostics)
}

// DataNamespaceAttribute is the namespace argument of data sources of OpenBao.
func DataNamespaceAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Namespace, relative to the provider's `namespace`, without leading or trailing slash. " +
			"Default: the provider's own.",
		Validators: []validator.String{Checked("namespace", openbao.ValidateNamespace)},
	}
}
