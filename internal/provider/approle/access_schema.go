package approle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (d *accessDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Proves what an AppRole can and cannot do: it logs in as the role, asks the server for its capabilities on the paths given, " +
			"really reads what must be readable and drops the value at once, and expects a refusal where nothing may be read. Made for `check` blocks and tests. " +
			"A role that does not fit is a result, not an error.\n\n" +
			"To log in, it makes a secret ID that is good for one use and one minute, which the login uses up. The token is revoked when the look is over, " +
			"also when that fails or is cancelled, so nothing stays behind; only a process that is killed leaves the two until they expire. No value, secret ID or token is ever in plan or state. " +
			"This happens wherever Terraform reads data sources, in a plan too; on a role whose tokens have few uses it logs in several times. " +
			"A batch token cannot be revoked, and expires.\n\n" +
			"The provider's token needs `read` on `auth/<mount>/role/<role_name>` and its `role-id`, `update` on its `secret-id` and `secret-id-accessor/destroy`; " +
			"for a role whose tokens have one use `update` on `sys/capabilities`, and for one whose tokens have no default policy that and `update` on `auth/token/revoke-accessor`. " +
			"With `read` on the role's policies, `violations` name the rule that is to blame.\n\n" +
			"When the role, its policies or its secrets are made by the same configuration, give `depends_on`: then it looks after the apply. " +
			"Inside of a `check` block, where an error is only a warning, the engine reads it in every apply, so that `plan -detailed-exitcode` never says that there is nothing to do.",
		Attributes: map[string]schema.Attribute{
			"mount": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Path of the AppRole auth mount below `auth/`. Default `" + DefaultMount + "`.",
				Validators:          []validator.String{glue.MountPath()},
			},
			"role_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the role.",
				Validators:          []validator.String{glue.Checked("role name", openbao.ValidateRoleName)},
			},
			"namespace": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Namespace of the role, relative to the provider's `namespace`. Default: the provider's own. " +
					"All paths are relative to it.",
				Validators: []validator.String{glue.Checked("namespace", openbao.ValidateNamespace)},
			},
			"must_read": provedPaths("Paths that the role must be able to read, as `acl_path` of a migrated secret gives them: not escaped, and with the `data/` of KV v2. " +
				"Each is really read, so a path at which the server makes something when it is read, such as dynamic credentials, should be in `must_have` instead. " +
				"A path where nothing is stored is a violation too."),
			"must_not_read": provedPaths("Paths that the role must not be able to read. Where a policy allows it, that is the violation, and nothing is read."),
			"must_have": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.SetType{ElemType: types.StringType},
				MarkdownDescription: "Path to the capabilities that the role must have there, such as `list`. A path that is listed ends in a slash. Nothing is tried.",
				Validators: []validator.Map{
					mapvalidator.KeysAre(glue.Checked("path", validateAskedPath)),
					mapvalidator.ValueSetsAre(setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.OneOf(provableCapabilities()...))),
				},
			},
			"ok": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the role can do what it must, and no more: there are no `violations`.",
			},
			"violations": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "One line for each thing that is not as it must be, with what to do about it, sorted by path. No values are named.",
			},
			"capabilities": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.SetType{ElemType: types.StringType},
				MarkdownDescription: "Each path to the capabilities that the role has there; `deny` is none.",
			},
			"attempts": schema.MapAttribute{
				Computed:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Each path that was tried to how that ended: `read`; `missing`, when it may be read and nothing is stored there; or `denied`. " +
					"Tried is what must be readable and is allowed, and what must not be and is not allowed.",
			},
			"policies": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Names of the policies that a token of the role has.",
			},
		},
	}
}

func provedPaths(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
		Validators:          []validator.Set{setvalidator.ValueStringsAre(glue.Checked("path", validateProvedPath))},
	}
}

// validateProvedPath checks the path of one thing, as requests have it.
func validateProvedPath(path string) error {
	if strings.HasSuffix(path, "/") {
		return fmt.Errorf("%q ends with a slash, so it names a folder: name a secret, or put the path into must_have with list", path)
	}
	return validateAskedPath(path)
}

// validateAskedPath checks a path for which capabilities can be asked.
func validateAskedPath(path string) error {
	if rest, versioned := strings.CutPrefix(strings.TrimPrefix(path, "/"), "v1/"); versioned {
		return fmt.Errorf("%q begins with the version of the API: write %q", path, rest)
	}
	return errors.Join(openbao.ValidateName(strings.TrimSuffix(path, "/")), aclpolicy.CheckLiteral(path))
}

// provableCapabilities are what can be asked for: deny is none.
func provableCapabilities() []string {
	return slices.DeleteFunc(slices.Clone(aclpolicy.Capabilities), func(capability string) bool { return capability == "deny" })
}
