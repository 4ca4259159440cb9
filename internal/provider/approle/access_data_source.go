package approle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ datasource.DataSourceWithValidateConfig = (*accessDataSource)(nil)

// NewAccessDataSource is ocibao_approle_access.
func NewAccessDataSource() datasource.DataSource {
	return &accessDataSource{glue.NewDataSource("approle_access")}
}

type accessDataSource struct {
	glue.DataSource
}

// ValidateConfig refuses a question without content, or with two answers.
func (d *accessDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config accessModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if config.MustRead.IsNull() && config.MustNotRead.IsNull() && config.MustHave.IsNull() {
		resp.Diagnostics.AddError("Nothing to prove", "Set must_read, must_not_read or must_have.")
	}
	if both := config.contradicting(); len(both) > 0 {
		resp.Diagnostics.AddAttributeError(path.Root("must_not_read"), "Contradicting expectations", fmt.Sprintf(
			"%s must be readable, and must not. Take it out of must_read or out of must_not_read.", strings.Join(both, ", ")))
	}
}

func (d *accessDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model accessModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	model.Mount = types.StringValue(cmp.Or(model.Mount.ValueString(), DefaultMount))
	client := d.Clients.OpenBao.Client
	role, err := readRole(ctx, client, model.Namespace.ValueString(), model.Mount.ValueString(), model.RoleName.ValueString())
	if errors.Is(err, migrate.ErrDestinationNotFound) {
		err = glue.Hint(err, "Create the role first, or correct mount, role_name and namespace. If this configuration makes it, give the data source depends_on.")
	}
	if err != nil {
		model.failure().AddTo(&resp.Diagnostics, path.Root("role_name"), err)
		return
	}
	proof := proof{client: client, clock: d.Clients.Clock, role: role, access: model.access()}
	found, violations, err := proof.run(ctx)
	if err != nil {
		model.failure().Add(&resp.Diagnostics, err)
		return
	}
	model.show(found, violations)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
