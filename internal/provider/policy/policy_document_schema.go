package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-secure-stdlib/parseutil"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func (d *policyDocumentDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Writes the text of an ACL policy from rules, for `ocibao_policy`. `kv_read` turns the names of secrets into the exact paths " +
			"that reading them takes, which differ between KV v1 and v2. It asks no server.\n\n" +
			"The text has the rules in the order in which they are given, then those of `kv_read`. A path may stand in one rule only.",
		Attributes: map[string]schema.Attribute{
			"rules": schema.ListNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Rules, each for one path.",
				NestedObject:        schema.NestedAttributeObject{Attributes: ruleAttributes()},
				Validators:          []validator.List{listvalidator.NoNullValues()},
			},
			"kv_read": schema.ListNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Secrets of KV engines to be read, and nothing else.",
				NestedObject:        schema.NestedAttributeObject{Attributes: kvReadAttributes()},
				Validators:          []validator.List{listvalidator.NoNullValues()},
			},
			"hcl": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Text of the policy in HCL, laid out as the formatter of `bao policy fmt` does.",
			},
		},
	}
}

func kvReadAttributes() map[string]schema.Attribute {
	literal := func(check func(string) error) func(string) error {
		return func(text string) error {
			if err := check(text); err != nil {
				return err
			}
			return aclpolicy.CheckLiteral(text)
		}
	}
	return map[string]schema.Attribute{
		"mount": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Path of the mount, without leading or trailing slash. It must have no wildcard.",
			Validators:          []validator.String{glue.Checked("mount path", literal(openbao.ValidateMount))},
		},
		"names": schema.ListAttribute{
			Required:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Names of the secrets, their paths below the mount. A wildcard or a template is refused: write it as a path of `rules`.",
			Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(),
				listvalidator.ValueStringsAre(glue.Checked("secret name", literal(openbao.ValidateName)))},
		},
		"version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Version of the KV engine: 2 (default) or 1. On 2, values are read below `data/`.",
			Validators:          []validator.Int64{int64validator.OneOf(1, 2)},
		},
		"list": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the folders that the secrets are in may be listed. Default `false`. " +
				"A list shows the names of all that is in a folder, and not only those of `names`.",
		},
	}
}

func ruleAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"path": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Path, without leading slash. `+` stands for one segment, `*` at the end for any rest, and `{{identity.entity.id}}` and its like for what the login is. " +
				"A value of a KV v2 secret has the path `<mount>/data/<name>`, which is also the `acl_path` of a migrated secret.",
			Validators: []validator.String{glue.Checked("policy path", aclpolicy.CheckPath)},
		},
		"capabilities": schema.ListAttribute{
			Required:            true,
			ElementType:         types.StringType,
			MarkdownDescription: "Capabilities: `create`, `read`, `update`, `patch`, `delete`, `list`, `scan`, `sudo`, or `deny` alone. `scan` needs OpenBao.",
			Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.UniqueValues(),
				listvalidator.ValueStringsAre(stringvalidator.OneOf(aclpolicy.Capabilities...))},
		},
		"description": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Comment above the path; it may have several lines.",
			Validators:          []validator.String{glue.Checked("description", aclpolicy.CheckDescription)},
		},
		"required_parameters": stringsAttribute("Parameters that a request must have."),
		"allowed_parameters": parametersAttribute("Parameters that a request may have, each with the values that it may take, compared as text with `*` at either end as a wildcard; " +
			"an empty list allows any value. The key `*` stands for all other parameters. Default: any."),
		"denied_parameters": parametersAttribute("Parameters that a request must not have, each with the values that it must not take; " +
			"an empty list denies any value. The key `*` denies every parameter. It wins over `allowed_parameters`."),
		"min_wrapping_ttl": wrappingAttribute("Shortest TTL of a response wrapping, as a duration such as `\"1m\"`. With it, answers must be wrapped."),
		"max_wrapping_ttl": wrappingAttribute("Longest TTL of a response wrapping, as a duration such as `\"1h\"`. With it, answers must be wrapped."),
		"pagination_limit": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Most entries that one list or scan gives. Needs OpenBao.",
			Validators:          []validator.Int64{int64validator.AtLeast(1)},
		},
		"expiration": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "When the rule stops to count, in RFC 3339, such as `2030-01-31T00:00:00Z`. Needs OpenBao.",
			Validators: []validator.String{glue.Checked("time", func(text string) error {
				if text == "" {
					return errors.New("the time is empty: write it in RFC 3339, or remove the attribute")
				}
				_, err := parseutil.ParseAbsoluteTime(text)
				return err
			})},
		},
		"list_scan_response_keys_filter_path": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Template of a path, such as `{{ .path }}{{ .key }}`: a list or scan leaves out the keys whose path the token may not read or list. " +
				"Takes the capability `list`. Needs OpenBao.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
	}
}

func stringsAttribute(description string) schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, MarkdownDescription: description,
		Validators: []validator.List{listvalidator.NoNullValues()},
	}
}

func parametersAttribute(description string) schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, ElementType: types.ListType{ElemType: types.StringType}, MarkdownDescription: description,
		Validators: []validator.Map{mapvalidator.NoNullValues()},
	}
}

func wrappingAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, MarkdownDescription: description,
		Validators: []validator.String{glue.Checked("duration", func(text string) error {
			if glue.ParseDuration(text).Valid() {
				return nil
			}
			return fmt.Errorf("%q is no duration of whole seconds: write a number with a unit, such as \"1h\" or \"30m\", or a number of seconds", text)
		})},
	}
}
