package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// NewLintFunction is the function policy_lint.
func NewLintFunction() function.Function { return lintFunction{} }

type lintFunction struct{}

var findingTypes = map[string]attr.Type{
	"severity": types.StringType, "path": types.StringType, "line": types.Int64Type, "message": types.StringType,
}

type findingModel struct {
	Severity string `tfsdk:"severity"`
	Path     string `tfsdk:"path"`
	Line     int64  `tfsdk:"line"`
	Message  string `tfsdk:"message"`
}

func (lintFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "policy_lint"
}

func (lintFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Mistakes in an ACL policy, and rights that are wider than they need to be",
		MarkdownDescription: "Looks at the text of a policy and gives a list of findings in the order of their lines; an empty list means that there are none. " +
			"It is made for `check` blocks and tests, and asks no server.\n\n" +
			"Each finding has a `severity`, the `path` as the policy writes it (without leading slash), the `line` (0 when it is not known) and a `message` that says what to do. " +
			"`error` is what the server refuses or what does not do what it says: a syntax error, a key or capability that does not exist, an asterisk before the end of a path, " +
			"`data/` missing on KV v2 or too much on KV v1. `warning` is what grants more than it needs to or has no effect: a whole mount (`credentials/*`), a wildcard above a mount, " +
			"`sudo`, `list` below `data/`, a path that fits no managed secret, capabilities next to `deny`, a path with two blocks.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "policy", MarkdownDescription: "Text of the policy, in HCL or JSON."},
			function.MapParameter{
				Name: "mounts", ElementType: types.Int64Type,
				Validators:          []function.MapParameterValidator{mapvalidator.NoNullValues()},
				MarkdownDescription: "KV mounts, path to version of the engine, 1 or 2. Nothing is said about the version of a mount that is not among them, so `{}` will do.",
			},
			function.ListParameter{
				Name: "managed", ElementType: types.StringType,
				Validators:          []function.ListParameterValidator{listvalidator.NoNullValues()},
				MarkdownDescription: "Paths of the secrets that are there, such as the `acl_path` of migrated secrets. When it is `[]`, nothing is said about paths that fit none.",
			},
		},
		Return: function.ListReturn{ElementType: types.ObjectType{AttrTypes: findingTypes}},
	}
}

func (lintFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	var mounts map[string]int64
	var managed []string
	if resp.Error = req.Arguments.Get(ctx, &text, &mounts, &managed); resp.Error != nil {
		return
	}
	facts := aclpolicy.Facts{Mounts: map[string]int{}, Managed: managed}
	for _, mount := range slices.Sorted(maps.Keys(mounts)) {
		err := openbao.ValidateMount(mount)
		if version := mounts[mount]; err == nil && version != 1 && version != 2 {
			err = fmt.Errorf("mount %q: there is no KV version %d: write 1 or 2", mount, version)
		}
		if err != nil {
			resp.Error = function.NewArgumentFuncError(1, err.Error())
			return
		}
		facts.Mounts[mount] = int(mounts[mount])
	}
	findings := []findingModel{}
	for _, finding := range aclpolicy.Lint(text, facts) {
		findings = append(findings, findingModel{string(finding.Severity), finding.Path, int64(finding.Line), finding.Message})
	}
	resp.Error = resp.Result.Set(ctx, findings)
}
