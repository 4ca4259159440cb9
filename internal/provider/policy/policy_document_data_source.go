package policy

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ datasource.DataSourceWithValidateConfig = (*policyDocumentDataSource)(nil)

// NewPolicyDocumentDataSource is ocibao_policy_document.
func NewPolicyDocumentDataSource() datasource.DataSource {
	return &policyDocumentDataSource{glue.NewDataSource("policy_document")}
}

// policyDocumentDataSource asks no server.
type policyDocumentDataSource struct {
	glue.DataSource
}

// ValidateConfig checks what no attribute shows by itself.
func (d *policyDocumentDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model policyDocumentModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	rules, reads := model.parts(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if model.isEmpty() {
		resp.Diagnostics.AddError("Empty policy", "Set rules or kv_read: a policy without paths grants nothing.")
	}
	for _, rule := range rules {
		rule.validate(&resp.Diagnostics)
	}
	validateMounts(reads, &resp.Diagnostics)
	validatePaths(rules, reads, &resp.Diagnostics)
}

func (d *policyDocumentDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model policyDocumentModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	rules, reads := model.parts(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	var blocks []aclpolicy.Rule
	for _, rule := range rules {
		blocks = append(blocks, rule.rule())
	}
	written := map[string]bool{}
	for _, read := range reads {
		for _, block := range read.rules() {
			if !written[block.Path] {
				blocks, written[block.Path] = append(blocks, block), true
			}
		}
	}
	text := aclpolicy.Render(blocks)
	if err := aclpolicy.Validate(text); err != nil {
		resp.Diagnostics.AddError("Invalid policy", glue.Detail(err))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	model.HCL = types.StringValue(text)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// validateMounts refuses two versions of one mount.
func validateMounts(reads []kvReadModel, diags *diag.Diagnostics) {
	first := map[string]kvReadModel{}
	for _, read := range reads {
		if read.Mount.IsUnknown() || read.Version.IsUnknown() {
			continue
		}
		earlier, seen := first[read.Mount.ValueString()]
		switch {
		case !seen:
			first[read.Mount.ValueString()] = read
		case earlier.version() != read.version():
			diags.AddAttributeError(read.at.AtName("version"), "Two versions of one mount", fmt.Sprintf(
				"The mount %q is KV v%d here and KV v%d in %s. Write the version that it has.", read.Mount.ValueString(), read.version(), earlier.version(), earlier.at))
		}
	}
}

// validatePaths refuses two rules for one path: the server merges them, and what
// comes out stands in neither.
func validatePaths(rules []ruleModel, reads []kvReadModel, diags *diag.Diagnostics) {
	first := map[string]path.Path{}
	for _, rule := range rules {
		if rule.Path.IsUnknown() {
			continue
		}
		name := rule.Path.ValueString()
		if earlier, seen := first[name]; seen {
			diags.AddAttributeError(rule.at.AtName("path"), "Two rules for one path",
				fmt.Sprintf("The path %q stands in %s already. Write one rule with all that it is to grant.", name, earlier))
			continue
		}
		first[name] = rule.at
	}
	for _, read := range reads {
		for _, block := range read.rules() {
			if earlier, seen := first[block.Path]; seen {
				diags.AddAttributeError(read.at, "Two rules for one path", fmt.Sprintf(
					"This grants %s on the path %q, which stands in %s already. Put it there and remove it here, or the other way round.",
					block.Capabilities[0], block.Path, earlier))
			}
		}
	}
}
