package migration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ resource.ResourceWithIdentity = (*migratedSecretResource)(nil)

// migratedSecretIdentity says which entry of OpenBao it is. It moves with the
// secret.
type migratedSecretIdentity struct {
	Namespace types.String `tfsdk:"namespace"`
	Mount     types.String `tfsdk:"mount"`
	Name      types.String `tfsdk:"name"`
	SecretID  types.String `tfsdk:"secret_id"`
}

func (r *migratedSecretResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"namespace": identityschema.StringAttribute{OptionalForImport: true, Description: "Namespace, relative to the provider's."},
			"mount":     identityschema.StringAttribute{RequiredForImport: true, Description: "Path of the KV mount."},
			"name":      identityschema.StringAttribute{RequiredForImport: true, Description: "Path of the secret below the mount."},
			"secret_id": identityschema.StringAttribute{OptionalForImport: true, Description: "OCID of the source; needed where no ownership mark tells it, and for a secret that is not there yet and that apply is to bring there."},
		},
	}
}

// setIdentity fills in the identity. Engines that do not know identities hand
// over none.
func (m migratedSecretModel) setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	if identity == nil {
		return
	}
	diags.Append(identity.Set(ctx, migratedSecretIdentity{Namespace: glue.IdentityNamespace(m.Namespace), Mount: m.Mount, Name: m.Name, SecretID: m.SecretID})...)
}

// byIdentityKey marks in private state what was imported by an identity.
const byIdentityKey = "imported_by_identity"

// importByIdentity takes the place, and the source where it is named, from an
// identity; Read does the rest. An identity that names a source is that of a
// secret to migrate as well: terraform query lists those that are not there yet.
func importByIdentity(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity migratedSecretIdentity
	resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	for name, value := range map[string]types.String{
		"namespace": identity.Namespace, "mount": identity.Mount, "name": identity.Name, "secret_id": identity.SecretID,
	} {
		if !value.IsNull() {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
		}
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, byIdentityKey, []byte("true"))...)
}
