package cluster

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

const auditDeviceDescription = "Enables an audit device, a destination of OpenBao's audit log. It belongs to the server, not to a namespace, " +
	"so the provider's `namespace` makes no difference.\n\n" +
	"OpenBao takes audit devices from its configuration file only, unless that file says `unsafe_allow_api_audit_creation = true`. " +
	"Where it refuses, the error shows the `audit` stanza that declares this very device, ready to paste into that file. " +
	"A device that is there already and does the same, declared or not, is adopted without a write; another one at the same path is left alone. " +
	"So the resource also watches a declared device: it plans a replacement when the device is not what the configuration says. " +
	"A declared device cannot be disabled through the API: take its stanza out of the file first.\n\n" +
	"An audit device cannot be changed in place, so each change replaces it, and disables it before the new one is enabled: " +
	"a second device keeps the log without a gap. The log that was written stays."

var auditOptionsDescription = "Options of the device, a map of strings. What is wrong is told when the plan is made. Changing one forces replacement; another spelling of the same does not.\n\n" +
	strings.Join([]string{
		"  * of every type: `format` (`json`, the default), `log_raw` (default `false`; `true` writes secrets in the clear), `hmac_accessor` (default `true`), " +
			"`elide_list_responses` (default `false`), `skip_test` (default `false`: the device is tried before it is enabled), " +
			"`prefix` (in front of each line; the server must say `allow_audit_log_prefixing = true`)",
		"  * `file`: `file_path` (required; a path on the server, `stdout` or `discard`), `mode` (octal, default `0600`; `0000` leaves the mode of the file alone)",
		"  * `syslog`: `facility` (default `AUTH`), `tag` (default that of the server)",
		"  * `socket`: `address` (required; `host:port` or the path of a socket), `socket_type` (default `tcp`), `write_timeout` (a duration, default `2s`)",
		"  * `http`: `uri` (required), `headers` (a JSON object of lists; refer to a token as `env://NAME` or `file://PATH` of the server, for the text stands in the state)",
	}, "\n") + "\n\n  Default: none."

func (r *auditDeviceResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: auditDeviceDescription,
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Path of the device below `audit/`, its name, without leading or trailing slash. Default: the value of `type`. Changing it forces replacement.",
				Validators:          []validator.String{glue.Checked("audit device path", openbao.ValidateAuditPath)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Type of the device: `file`, `syslog`, `socket` or `http`. Options of another type are left to the server. Changing it forces replacement.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"description": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				MarkdownDescription: "Description for people. Changing it forces replacement.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"local": glue.ReplacedBoolAttribute("Whether the device is left out of replication. Default `false`. Changing it forces replacement."),
			"options": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Computed:            true,
				Default:             mapdefault.StaticValue(types.MapValueMust(types.StringType, map[string]attr.Value{})),
				MarkdownDescription: auditOptionsDescription,
				PlanModifiers:       []planmodifier.Map{sameAuditOptions{}, mapplanmodifier.RequiresReplace()},
			},
		},
	}
}

// sameAuditOptions keeps the options of the state while the configuration says
// the same in another spelling.
type sameAuditOptions struct{}

func (sameAuditOptions) Description(context.Context) string {
	return "another spelling of the same options is no change"
}

func (m sameAuditOptions) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (sameAuditOptions) PlanModifyMap(ctx context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() || !known(req.PlanValue) {
		return
	}
	var kind types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, req.Path.ParentPath().AtName("type"), &kind)...)
	if openbao.SameAuditOptions(kind.ValueString(), glue.Texts(req.StateValue), glue.Texts(req.PlanValue)) {
		resp.PlanValue = req.StateValue
	}
}

// known reports whether a map and all in it is known.
func known(options types.Map) bool {
	if options.IsUnknown() {
		return false
	}
	for _, value := range options.Elements() {
		if value.IsUnknown() {
			return false
		}
	}
	return true
}

// ValidateConfig checks the options as the server would.
func (r *auditDeviceResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config auditDeviceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || config.Type.IsUnknown() || config.Options.IsUnknown() {
		return
	}
	kind, at := config.Type.ValueString(), auditOptionsPath
	for name, value := range config.Options.Elements() {
		text, isText := value.(types.String)
		if !isText || text.IsUnknown() {
			continue
		}
		err := openbao.CheckAuditOption(kind, name, text.ValueString())
		if err != nil && !isUnknownOption(err) {
			resp.Diagnostics.AddAttributeError(at.AtMapKey(name), "Invalid option "+name+" of an audit device", glue.Detail(err))
		}
	}
	for _, name := range openbao.RequiredAuditOptions(kind) {
		if _, given := config.Options.Elements()[name]; !given {
			resp.Diagnostics.AddAttributeError(at, "Missing option of an audit device",
				fmt.Sprintf("An audit device of the type %q needs the option %s.", kind, name))
		}
	}
}
