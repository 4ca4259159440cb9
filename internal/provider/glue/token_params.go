package glue

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// TokenParams are the arguments of a role of any auth method that say what tokens
// it gives; models embed them.
type TokenParams struct {
	TokenTTL             Duration     `tfsdk:"token_ttl"`
	TokenMaxTTL          Duration     `tfsdk:"token_max_ttl"`
	TokenExplicitMaxTTL  Duration     `tfsdk:"token_explicit_max_ttl"`
	TokenPeriod          Duration     `tfsdk:"token_period"`
	TokenPolicies        types.Set    `tfsdk:"token_policies"`
	TokenBoundCIDRs      types.Set    `tfsdk:"token_bound_cidrs"`
	TokenNoDefaultPolicy types.Bool   `tfsdk:"token_no_default_policy"`
	TokenNumUses         types.Int64  `tfsdk:"token_num_uses"`
	TokenType            types.String `tfsdk:"token_type"`
	TokenStrictlyBindIP  types.Bool   `tfsdk:"token_strictly_bind_ip"`
}

const defaultTokenType = "default"

// addTokenAttributes adds the arguments of TokenParams to those of a role.
func addTokenAttributes(role map[string]schema.Attribute) {
	role["token_ttl"] = DurationAttribute("TTL of the tokens at first. Default `\"0s\"`: that of the mount.")
	role["token_max_ttl"] = DurationAttribute("Age that renewals cannot exceed. Default `\"0s\"`: that of the mount.")
	role["token_explicit_max_ttl"] = DurationAttribute("Age that tokens cannot exceed, whatever else is set. Default `\"0s\"`: none.")
	role["token_period"] = DurationAttribute("Period of periodic tokens, which can be renewed for ever. Default `\"0s\"`: not periodic.")
	role["token_policies"] = schema.SetAttribute{
		Optional:            true,
		Computed:            true,
		ElementType:         types.StringType,
		Default:             setdefault.StaticValue(StringSet(nil)),
		MarkdownDescription: "Names of the policies of the tokens. Default: none but `default`.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(Checked("policy name", validateTokenPolicy))},
	}
	role["token_bound_cidrs"] = BlocksAttribute("CIDR blocks from where tokens may be used. Default: from everywhere.")
	role["token_no_default_policy"] = BoolAttribute(false, "Whether the policy `default` is left out of the tokens. Default `false`.")
	role["token_num_uses"] = CountAttribute("How often a token may be used. Default 0: without limit.")
	role["token_type"] = TextAttribute(defaultTokenType, "Type of the tokens: `default` (default: that of the mount), `service` or `batch`.",
		stringvalidator.OneOf(defaultTokenType, "service", "batch"))
	role["token_strictly_bind_ip"] = BoolAttribute(false,
		"Whether a token may be used only from the address that logged in. Default `false`. Excludes `token_bound_cidrs`. OpenBao only.")
}

// BlocksAttribute is an optional set of CIDR blocks, empty by default.
func BlocksAttribute(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional:            true,
		Computed:            true,
		ElementType:         types.StringType,
		Default:             setdefault.StaticValue(StringSet(nil)),
		MarkdownDescription: description + " Each with its prefix length, such as `10.0.0.0/8` or `192.0.2.7/32`.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(CIDRBlock())},
	}
}

// CountAttribute is an optional number from 0 on, 0 by default.
func CountAttribute(description string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional:            true,
		Computed:            true,
		Default:             int64default.StaticInt64(0),
		MarkdownDescription: description,
		Validators:          []validator.Int64{int64validator.AtLeast(0)},
	}
}

// CIDRBlock checks a CIDR block.
func CIDRBlock() validator.String { return Checked("CIDR block", validateCIDR) }

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

// CheckToken refuses what the server would refuse during apply.
func (m TokenParams) CheckToken(diags *diag.Diagnostics) {
	refuse := func(attribute, summary, detail string) {
		diags.AddAttributeError(path.Root(attribute), summary, detail)
	}
	if longest := m.TokenMaxTTL; longest.Valid() && longest.Seconds() > 0 && m.TokenTTL.Valid() && m.TokenTTL.Seconds() > longest.Seconds() {
		refuse("token_ttl", "Token TTL above the longest", fmt.Sprintf("token_ttl is %s, but token_max_ttl is %s.", m.TokenTTL.ValueString(), longest.ValueString()))
	}
	if m.TokenStrictlyBindIP.ValueBool() && len(m.TokenBoundCIDRs.Elements()) > 0 {
		refuse("token_strictly_bind_ip", "Conflicting limits of addresses", "token_bound_cidrs is set as well. Keep one of the two.")
	}
	if m.TokenType.ValueString() == "batch" && (m.TokenNumUses.ValueInt64() > 0 || m.TokenPeriod.Seconds() > 0) {
		refuse("token_type", "Batch tokens cannot be counted or periodic", "Remove token_num_uses and token_period, or use another token_type.")
	}
}

// Token is what the model asks for.
func (m TokenParams) Token() openbao.TokenParams {
	return openbao.TokenParams{
		TTL: m.TokenTTL.Seconds(), MaxTTL: m.TokenMaxTTL.Seconds(), ExplicitMaxTTL: m.TokenExplicitMaxTTL.Seconds(), Period: m.TokenPeriod.Seconds(),
		Policies: Strings(m.TokenPolicies), BoundCIDRs: Strings(m.TokenBoundCIDRs), NoDefaultPolicy: m.TokenNoDefaultPolicy.ValueBool(),
		NumUses: m.TokenNumUses.ValueInt64(), Type: m.TokenType.ValueString(), StrictlyBindIP: m.TokenStrictlyBindIP.ValueBool(),
	}
}

// ShowToken fills in what the server has.
func (m *TokenParams) ShowToken(token openbao.TokenParams) {
	m.TokenTTL, m.TokenMaxTTL = Seconds(token.TTL), Seconds(token.MaxTTL)
	m.TokenExplicitMaxTTL, m.TokenPeriod = Seconds(token.ExplicitMaxTTL), Seconds(token.Period)
	m.TokenPolicies, m.TokenBoundCIDRs = StringSet(token.Policies), StringSet(token.BoundCIDRs)
	m.TokenNoDefaultPolicy, m.TokenNumUses = types.BoolValue(token.NoDefaultPolicy), types.Int64Value(token.NumUses)
	m.TokenType = types.StringValue(tokenType(token))
	m.TokenStrictlyBindIP = types.BoolValue(token.StrictlyBindIP)
}

func tokenType(token openbao.TokenParams) string {
	if token.Type == "" {
		return defaultTokenType
	}
	return token.Type
}

// SameToken reports whether two roles give the same tokens.
func SameToken(a, b openbao.TokenParams) bool {
	return a.TTL == b.TTL && a.MaxTTL == b.MaxTTL && a.ExplicitMaxTTL == b.ExplicitMaxTTL && a.Period == b.Period &&
		SameSet(a.Policies, b.Policies) && SameSet(a.BoundCIDRs, b.BoundCIDRs) &&
		a.NoDefaultPolicy == b.NoDefaultPolicy && a.NumUses == b.NumUses && tokenType(a) == tokenType(b) && a.StrictlyBindIP == b.StrictlyBindIP
}

// SameSet reports whether two lists without duplicates hold the same.
func SameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
