package approle

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func validateCIDR(text string) error {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%q is no CIDR block such as 10.0.0.0/8", text)
	}
	if prefix.Masked() != prefix {
		return fmt.Errorf("%q has bits behind its prefix: write %s", text, prefix.Masked())
	}
	if prefix.String() != text {
		return fmt.Errorf("%q is not how the server spells it: write %s", text, prefix)
	}
	return nil
}

func validateTokenPolicy(name string) error {
	if name == "root" {
		return errors.New("no login gives a token with the policy \"root\"")
	}
	return openbao.ValidatePolicyName(name)
}

// ValidateConfig refuses what the server would refuse during apply.
func (r *roleResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config roleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	refuse := func(attribute, summary, detail string) {
		resp.Diagnostics.AddAttributeError(path.Root(attribute), summary, detail)
	}
	if longest := config.TokenMaxTTL; longest.Valid() && longest.Seconds() > 0 && config.TokenTTL.Valid() && config.TokenTTL.Seconds() > longest.Seconds() {
		refuse("token_ttl", "Token TTL above the longest", fmt.Sprintf("token_ttl is %s, but token_max_ttl is %s.", config.TokenTTL.ValueString(), longest.ValueString()))
	}
	if config.TokenStrictlyBindIP.ValueBool() && len(config.TokenBoundCIDRs.Elements()) > 0 {
		refuse("token_strictly_bind_ip", "Conflicting limits of addresses", "token_bound_cidrs is set as well. Keep one of the two.")
	}
	if config.TokenType.ValueString() == "batch" && (config.TokenNumUses.ValueInt64() > 0 || config.TokenPeriod.Seconds() > 0) {
		refuse("token_type", "Batch tokens cannot be counted or periodic", "Remove token_num_uses and token_period, or use another token_type.")
	}
	unbound := !config.BindSecretID.IsNull() && !config.BindSecretID.IsUnknown() && !config.BindSecretID.ValueBool()
	if unbound && none(config.SecretIDBoundCIDRs) && none(config.TokenBoundCIDRs) {
		refuse("bind_secret_id", "A role that anybody could use", "Without a secret ID a role needs another limit: set secret_id_bound_cidrs or token_bound_cidrs.")
	}
}

func none(set types.Set) bool { return !set.IsUnknown() && len(set.Elements()) == 0 }
