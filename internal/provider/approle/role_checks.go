package approle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateConfig refuses what the server would refuse during apply.
func (r *roleResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config roleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.CheckToken(&resp.Diagnostics)
	unbound := !config.BindSecretID.IsNull() && !config.BindSecretID.IsUnknown() && !config.BindSecretID.ValueBool()
	if unbound && none(config.SecretIDBoundCIDRs) && none(config.TokenBoundCIDRs) {
		resp.Diagnostics.AddAttributeError(path.Root("bind_secret_id"), "A role that anybody could use", "Without a secret ID a role needs another limit: set secret_id_bound_cidrs or token_bound_cidrs.")
	}
}

func none(set types.Set) bool { return !set.IsUnknown() && len(set.Elements()) == 0 }
