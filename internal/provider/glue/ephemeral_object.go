package glue

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// EphemeralObject is what ephemeral objects have in common.
type EphemeralObject struct {
	Clients  *Clients
	typeName string
}

// NewEphemeralObject is one whose type has that name behind the provider's.
func NewEphemeralObject(typeName string) EphemeralObject { return EphemeralObject{typeName: typeName} }

// Metadata names the type.
func (o *EphemeralObject) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + o.typeName
}

// Configure takes the clients.
func (o *EphemeralObject) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	o.Clients = FromProvider(req.ProviderData, &resp.Diagnostics)
}

// closeData is what Close and Renew need. The engine logs private data, so it holds
// an accessor and no secret.
type closeData struct {
	Accessor string `json:"accessor"`
}

const closeKey = "opened"

// KeepAccessor notes the accessor of what was opened.
func KeepAccessor(ctx context.Context, private PrivateWriter, accessor string, diags *diag.Diagnostics) {
	raw, err := json.Marshal(closeData{accessor})
	if err == nil {
		diags.Append(private.SetKey(ctx, closeKey, raw)...)
	}
}

// KeptAccessor is the accessor that was noted; "" when there is none.
func KeptAccessor(ctx context.Context, private PrivateReader, diags *diag.Diagnostics) string {
	raw, problems := private.GetKey(ctx, closeKey)
	diags.Append(problems...)
	var kept closeData
	if len(raw) == 0 || json.Unmarshal(raw, &kept) != nil {
		return ""
	}
	return kept.Accessor
}

// EphemeralNamespaceAttribute is the namespace argument of ephemeral objects.
func EphemeralNamespaceAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Namespace, relative to the provider's `namespace`. Default: the provider's own.",
		Validators:          []validator.String{Checked("namespace", openbao.ValidateNamespace)},
	}
}
