package glue

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Identity is the identity of an object of OpenBao: string attributes of the
// resource whose values, joined by slashes, are the import ID, and the namespace.
type Identity struct {
	attributes []IdentityAttribute
	// rootOnly says that the object belongs to the server, not to a namespace.
	rootOnly bool
}

// IdentityAttribute is one part of an identity.
type IdentityAttribute struct {
	Name        string
	Description string
}

// NewIdentity is an identity of these attributes, in the order of the import ID.
func NewIdentity(attributes ...IdentityAttribute) Identity { return Identity{attributes, false} }

// NewServerIdentity is an identity of these attributes of an object that belongs
// to the server and has no namespace.
func NewServerIdentity(attributes ...IdentityAttribute) Identity { return Identity{attributes, true} }

// IdentitySchema implements resource.ResourceWithIdentity.
func (i Identity) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema.Attributes = map[string]identityschema.Attribute{}
	if !i.rootOnly {
		resp.IdentitySchema.Attributes["namespace"] = identityschema.StringAttribute{OptionalForImport: true, Description: "Namespace, relative to the provider's."}
	}
	for _, attribute := range i.attributes {
		resp.IdentitySchema.Attributes[attribute.Name] = identityschema.StringAttribute{RequiredForImport: true, Description: attribute.Description}
	}
}

// Identify fills in the identity from a state. Engines that know no identities
// hand over none.
func (i Identity) Identify(ctx context.Context, state tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	if identity == nil || diags.HasError() {
		return
	}
	copyText := func(name string) {
		var value types.String
		diags.Append(state.GetAttribute(ctx, path.Root(name), &value)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(name), value)...)
	}
	if !i.rootOnly {
		var namespace types.String
		diags.Append(state.GetAttribute(ctx, path.Root("namespace"), &namespace)...)
		diags.Append(identity.SetAttribute(ctx, path.Root("namespace"), IdentityNamespace(namespace))...)
	}
	for _, attribute := range i.attributes {
		copyText(attribute.Name)
	}
}

// IdentityNamespace is a namespace as identities have it, in one spelling: an
// identity must stay the same when the configuration changes its own.
func IdentityNamespace(namespace types.String) types.String {
	trimmed := strings.Trim(namespace.ValueString(), "/")
	if migrate.SameNamespace(trimmed, "") {
		return types.StringNull()
	}
	return types.StringValue(trimmed)
}

// ImportedID is the ID of an import without its namespace, which goes into the
// state. An import by identity is turned into the ID of the same object.
func (i Identity) ImportedID(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) string {
	if req.ID != "" || req.Identity == nil {
		if i.rootOnly {
			return req.ID
		}
		return ImportNamespace(ctx, req, resp)
	}
	if !i.rootOnly {
		var namespace types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("namespace"), &namespace)...)
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("namespace"), namespace)...)
	}
	parts := make([]string, len(i.attributes))
	for at, attribute := range i.attributes {
		var value types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(attribute.Name), &value)...)
		parts[at] = value.ValueString()
	}
	return strings.Join(parts, "/")
}

// ImportName takes the one attribute of an identity as ID, behind "<namespace>//"
// where the object is in one; what it must be is checked, and described for people.
func (i Identity) ImportName(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse, check func(string) error, described string) {
	id := i.ImportedID(ctx, req, resp)
	if err := check(id); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", Detail(fmt.Errorf("%w. The ID is %s", err, described)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(i.attributes[0].Name), id)...)
}
