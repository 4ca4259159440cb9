package approle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ModifyPlan only looks ahead.
func (r *roleResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	glue.ForeseePlan[roleModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

// NeedyThing names the role.
func (m roleModel) NeedyThing() (thing, namespace string) {
	return "AppRole " + m.Mount.ValueString() + "/" + m.Name.ValueString(), m.Namespace.ValueString()
}

// Needs are the rights that a step takes.
func (m roleModel) Needs(step glue.Step) []glue.Need {
	if m.Mount.IsUnknown() || m.Name.IsUnknown() || m.Namespace.IsUnknown() {
		return nil
	}
	role := []string{"auth", m.Mount.ValueString(), "role", m.Name.ValueString()}
	id := append(append([]string{}, role...), "role-id")
	switch {
	case step.Deletes:
		return []glue.Need{glue.On([]string{"delete"}, role...)}
	case step.Updates:
		return []glue.Need{glue.On([]string{"update", "read"}, role...), glue.On(m.roleIDCapabilities(), id...)}
	case m.OnConflict.ValueString() == glue.OnConflictOverwrite:
		return []glue.Need{glue.On([]string{"create", "update", "read"}, role...), glue.On(m.roleIDCapabilities(), id...)}
	}
	return []glue.Need{glue.On([]string{"create", "read"}, role...), glue.On([]string{"read"}, id...)}
}

// roleIDCapabilities are those for a role that is there, whose ID is written apart.
func (m roleModel) roleIDCapabilities() []string {
	if m.RoleID.IsUnknown() || m.RoleID.IsNull() {
		return []string{"read"}
	}
	return []string{"update", "read"}
}

// NeedyThing names the role that the secret ID is of.
func (m secretIDModel) NeedyThing() (thing, namespace string) {
	return "secret ID of AppRole " + m.Mount.ValueString() + "/" + m.RoleName.ValueString(), m.Namespace.ValueString()
}

// Needs are the rights that a step takes. Most changes make a new secret ID, and
// revoke the old one now or later.
func (m secretIDModel) Needs(step glue.Step) []glue.Need {
	if m.Mount.IsUnknown() || m.RoleName.IsUnknown() || m.Namespace.IsUnknown() {
		return nil
	}
	at := func(endpoint ...string) glue.Need {
		return glue.On([]string{"update"}, append([]string{"auth", m.Mount.ValueString(), "role", m.RoleName.ValueString()}, endpoint...)...)
	}
	destroy, lookup := at("secret-id-accessor", "destroy"), at("secret-id-accessor", "lookup")
	create := at("secret-id")
	if m.pushed() {
		create = at("custom-secret-id")
	}
	switch {
	case step.Deletes:
		return []glue.Need{destroy}
	case step.Updates:
		return []glue.Need{destroy, create, lookup}
	}
	return []glue.Need{create, lookup}
}

// NeedyThing names the auth mount.
func (m authMountModel) NeedyThing() (thing, namespace string) {
	return "auth mount " + m.Path.ValueString(), m.Namespace.ValueString()
}

// Needs are the rights that a step takes.
func (m authMountModel) Needs(step glue.Step) []glue.Need {
	if m.Path.IsUnknown() || m.Namespace.IsUnknown() {
		return nil
	}
	path := m.Path.ValueString()
	switch {
	case step.Deletes && !m.ForceDestroy.ValueBool() && m.Type.ValueString() == DefaultMount:
		return []glue.Need{glue.On([]string{"delete", "sudo"}, "sys/auth", path), glue.On([]string{"list"}, "auth", path, "role/")}
	case step.Deletes:
		return []glue.Need{glue.On([]string{"delete", "sudo"}, "sys/auth", path)}
	case step.Updates:
		return []glue.Need{glue.On([]string{"read", "sudo"}, "sys/auth", path), glue.On([]string{"update", "sudo"}, "sys/auth", path, "tune")}
	}
	return []glue.Need{glue.On([]string{"update", "read", "sudo"}, "sys/auth", path)}
}
