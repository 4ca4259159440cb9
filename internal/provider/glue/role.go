package glue

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// RoleAttributes adds to the arguments of a role of an auth method those that roles
// of all methods have. The method is named for people; byDefault is its usual mount.
func RoleAttributes(method, byDefault string, role map[string]schema.Attribute) map[string]schema.Attribute {
	role["mount"] = AuthMountAttribute(method, byDefault)
	role["name"] = NameAttribute("Name of the role.", "role name", openbao.ValidateRoleName)
	role["namespace"] = NamespaceAttribute()
	role["on_conflict"] = OnConflictAttribute("role")
	addTokenAttributes(role)
	return role
}

// AuthMountAttribute is the mount of an auth method. A change forces replacement.
func AuthMountAttribute(method, byDefault string) schema.StringAttribute {
	attribute := TextAttribute(byDefault, "Path of the "+method+" auth mount below `auth/`. Default `"+byDefault+"`. Changing it forces replacement.", MountPath())
	attribute.PlanModifiers = []planmodifier.String{stringplanmodifier.RequiresReplace()}
	return attribute
}

// RoleIdentity is the identity of a role of an auth method, which is named for people.
func RoleIdentity(method string) Identity {
	return NewIdentity(
		IdentityAttribute{Name: "mount", Description: "Path of the " + method + " auth mount below auth/."},
		IdentityAttribute{Name: "name", Description: "Name of the role."},
	)
}

// RoleConflict says what to do about a role that is there already, and is another one.
func RoleConflict(conflict error, namespace, mount, name string) error {
	return Hint(conflict, fmt.Sprintf(
		"Nothing was overwritten. Import the role with the ID %q, set on_conflict = \"overwrite\" to replace its settings, or choose another name.",
		ImportID(namespace, mount+"/"+name)))
}

// ImportRole takes "<mount>/<role name>" as ID, behind "<namespace>//" where the
// role is in one; example is such an ID.
func (i Identity) ImportRole(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse, example string) {
	id := i.ImportedID(ctx, req, resp)
	slash := strings.LastIndex(id, "/")
	if slash < 1 || slash == len(id)-1 {
		resp.Diagnostics.AddError("Invalid import ID", fmt.Sprintf("%q names no role. The ID is \"<mount>/<role name>\", such as %s.", req.ID, example))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mount"), id[:slash])...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), id[slash+1:])...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), OnConflictFail)...)
}
