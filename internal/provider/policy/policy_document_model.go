package policy

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// policyDocumentModel is a policy in configuration and state.
type policyDocumentModel struct {
	Rules  types.List   `tfsdk:"rules"`
	KVRead types.List   `tfsdk:"kv_read"`
	HCL    types.String `tfsdk:"hcl"`
}

// ruleModel is one rule; at is where it stands.
type ruleModel struct {
	at                 path.Path
	Path               types.String `tfsdk:"path"`
	Capabilities       types.List   `tfsdk:"capabilities"`
	Description        types.String `tfsdk:"description"`
	RequiredParameters types.List   `tfsdk:"required_parameters"`
	AllowedParameters  types.Map    `tfsdk:"allowed_parameters"`
	DeniedParameters   types.Map    `tfsdk:"denied_parameters"`
	MinWrappingTTL     types.String `tfsdk:"min_wrapping_ttl"`
	MaxWrappingTTL     types.String `tfsdk:"max_wrapping_ttl"`
	PaginationLimit    types.Int64  `tfsdk:"pagination_limit"`
	Expiration         types.String `tfsdk:"expiration"`
	ResponseKeysFilter types.String `tfsdk:"list_scan_response_keys_filter_path"`
}

// kvReadModel is one element of kv_read; at is where it stands.
type kvReadModel struct {
	at      path.Path
	Mount   types.String `tfsdk:"mount"`
	Names   types.List   `tfsdk:"names"`
	Version types.Int64  `tfsdk:"version"`
	List    types.Bool   `tfsdk:"list"`
}

// isEmpty reports whether it is known that there are no paths.
func (m policyDocumentModel) isEmpty() bool {
	return !m.Rules.IsUnknown() && !m.KVRead.IsUnknown() && len(m.Rules.Elements())+len(m.KVRead.Elements()) == 0
}

// parts are the rules and reads that are known by now, if only in part.
func (m policyDocumentModel) parts(ctx context.Context, diags *diag.Diagnostics) (rules []ruleModel, reads []kvReadModel) {
	each(ctx, m.Rules, path.Root("rules"), diags, func(rule ruleModel, at path.Path) {
		rule.at = at
		rules = append(rules, rule)
	})
	each(ctx, m.KVRead, path.Root("kv_read"), diags, func(read kvReadModel, at path.Path) {
		read.at = at
		reads = append(reads, read)
	})
	return rules, reads
}

// each goes over the known objects of a list.
func each[T any](ctx context.Context, list types.List, at path.Path, diags *diag.Diagnostics, do func(T, path.Path)) {
	for i, element := range list.Elements() {
		object, isObject := element.(types.Object)
		if !isObject || object.IsNull() || object.IsUnknown() {
			continue
		}
		var model T
		diags.Append(object.As(ctx, &model, basetypes.ObjectAsOptions{})...)
		do(model, at.AtListIndex(i))
	}
}

// validate checks arguments that have a bearing on each other.
func (m ruleModel) validate(diags *diag.Diagnostics) {
	if !isKnown(m.Capabilities) {
		return
	}
	capabilities := glue.Strings(m.Capabilities)
	if err := aclpolicy.CheckCapabilities(capabilities); err != nil {
		diags.AddAttributeError(m.at.AtName("capabilities"), "Invalid capabilities", glue.Detail(err))
	}
	lists := slices.Contains(capabilities, "list")
	if !m.PaginationLimit.IsNull() && !lists && !slices.Contains(capabilities, "scan") {
		diags.AddAttributeError(m.at.AtName("pagination_limit"), "Nothing to limit",
			"pagination_limit takes the capability list or scan. Add one of them, or remove pagination_limit.")
	}
	if !m.ResponseKeysFilter.IsNull() && !lists {
		diags.AddAttributeError(m.at.AtName("list_scan_response_keys_filter_path"), "Nothing to filter",
			"list_scan_response_keys_filter_path takes the capability list. Add it, or remove the filter.")
	}
	shortest, longest := glue.ParseDuration(m.MinWrappingTTL.ValueString()), glue.ParseDuration(m.MaxWrappingTTL.ValueString())
	if shortest.Valid() && longest.Valid() && longest.Seconds() > 0 && shortest.Seconds() > longest.Seconds() {
		diags.AddAttributeError(m.at.AtName("min_wrapping_ttl"), "Shortest wrapping TTL above the longest",
			"min_wrapping_ttl is "+shortest.ValueString()+", but max_wrapping_ttl is "+longest.ValueString()+".")
	}
}

// isKnown reports whether a list and all that is in it is known.
func isKnown(list types.List) bool {
	return !list.IsUnknown() && !slices.ContainsFunc(list.Elements(), attr.Value.IsUnknown)
}

// rule is the rule to write.
func (m ruleModel) rule() aclpolicy.Rule {
	return aclpolicy.Rule{
		Description:        m.Description.ValueString(),
		Path:               m.Path.ValueString(),
		Capabilities:       glue.Strings(m.Capabilities),
		RequiredParameters: glue.Strings(m.RequiredParameters),
		AllowedParameters:  parameters(m.AllowedParameters),
		DeniedParameters:   parameters(m.DeniedParameters),
		MinWrappingTTL:     m.MinWrappingTTL.ValueString(),
		MaxWrappingTTL:     m.MaxWrappingTTL.ValueString(),
		PaginationLimit:    m.PaginationLimit.ValueInt64(),
		Expiration:         m.Expiration.ValueString(),
		ResponseKeysFilter: m.ResponseKeysFilter.ValueString(),
	}
}

func parameters(lists types.Map) map[string][]string {
	found := map[string][]string{}
	for name, list := range lists.Elements() {
		if values, isList := list.(types.List); isList {
			found[name] = glue.Strings(values)
		}
	}
	return found
}

func (m kvReadModel) version() int {
	if m.Version.IsNull() {
		return 2
	}
	return int(m.Version.ValueInt64())
}

// rules are the rules to write; none before everything is known.
func (m kvReadModel) rules() []aclpolicy.Rule {
	if m.Mount.IsUnknown() || m.Version.IsUnknown() || m.List.IsUnknown() || !isKnown(m.Names) {
		return nil
	}
	return aclpolicy.KVRead{
		Mount: m.Mount.ValueString(), Version: m.version(), Names: glue.Strings(m.Names), List: m.List.ValueBool(),
	}.Rules()
}
