package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/settings"
)

type appRoleModel struct {
	Mount         types.String `tfsdk:"mount"`
	Namespace     types.String `tfsdk:"namespace"`
	RoleID        types.String `tfsdk:"role_id"`
	SecretID      types.String `tfsdk:"secret_id"`
	WrappingToken types.String `tfsdk:"wrapping_token"`
}

type jwtModel struct {
	Mount     types.String `tfsdk:"mount"`
	Namespace types.String `tfsdk:"namespace"`
	Role      types.String `tfsdk:"role"`
	JWT       types.String `tfsdk:"jwt"`
	JWTFile   types.String `tfsdk:"jwt_file"`
}

type kubernetesModel struct {
	Mount     types.String `tfsdk:"mount"`
	Namespace types.String `tfsdk:"namespace"`
	Role      types.String `tfsdk:"role"`
	Token     types.String `tfsdk:"token"`
	TokenFile types.String `tfsdk:"token_file"`
}

type certModel struct {
	Mount     types.String `tfsdk:"mount"`
	Namespace types.String `tfsdk:"namespace"`
	Name      types.String `tfsdk:"name"`
}

type tokenFileModel struct {
	Path types.String `tfsdk:"path"`
}

// loginBlocks are the auth_* objects that were written.
func loginBlocks(ctx context.Context, model openBaoModel, diags *diag.Diagnostics) (logins settings.Logins) {
	if m := written[appRoleModel](ctx, model.AppRole, diags); m != nil {
		logins.AppRole = &settings.AppRoleBlock{
			Mount: m.Mount.ValueString(), Namespace: m.Namespace.ValueString(), RoleID: m.RoleID.ValueString(),
			SecretID: m.SecretID.ValueString(), WrappingToken: m.WrappingToken.ValueString(),
		}
	}
	if m := written[jwtModel](ctx, model.JWT, diags); m != nil {
		logins.JWT = &settings.JWTBlock{
			Mount: m.Mount.ValueString(), Namespace: m.Namespace.ValueString(), Role: m.Role.ValueString(),
			JWT: m.JWT.ValueString(), JWTFile: m.JWTFile.ValueString(),
		}
	}
	if m := written[kubernetesModel](ctx, model.Kubernetes, diags); m != nil {
		logins.Kubernetes = &settings.KubernetesBlock{
			Mount: m.Mount.ValueString(), Namespace: m.Namespace.ValueString(), Role: m.Role.ValueString(),
			Token: m.Token.ValueString(), TokenFile: m.TokenFile.ValueString(),
		}
	}
	if m := written[certModel](ctx, model.Cert, diags); m != nil {
		logins.Cert = &settings.CertBlock{Mount: m.Mount.ValueString(), Namespace: m.Namespace.ValueString(), Name: m.Name.ValueString()}
	}
	if m := written[tokenFileModel](ctx, model.TokenFile, diags); m != nil {
		logins.TokenFile = &settings.TokenFileBlock{Path: m.Path.ValueString()}
	}
	return logins
}

// written is the model of an object, nil for one that is null.
func written[T any](ctx context.Context, object types.Object, diags *diag.Diagnostics) *T {
	if object.IsNull() {
		return nil
	}
	model := new(T)
	diags.Append(object.As(ctx, model, basetypes.ObjectAsOptions{})...)
	return model
}
