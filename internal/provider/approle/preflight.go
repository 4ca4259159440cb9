package approle

import "github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"

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

// Needs are the rights that a step takes.
func (m secretIDModel) Needs(step glue.Step) []glue.Need {
	switch {
	case m.Mount.IsUnknown() || m.RoleName.IsUnknown() || m.Namespace.IsUnknown():
		return nil
	case step.Deletes:
		return []glue.Need{m.revoking()}
	}
	return m.making()
}

// UpdateNeeds are the rights to rotate, to revoke what was rotated out, or both. The
// right to list accessors, by which a rotation finds what a lost one made, is optional.
func (m secretIDModel) UpdateNeeds(prior secretIDModel) []glue.Need {
	var needs []glue.Need
	if m.Accessor.IsUnknown() {
		needs = m.making()
	}
	kept := m.PreviousAccessors.Elements()
	stays := func(accessor string) bool { _, found := kept[accessor]; return found }
	revokes := m.Accessor.IsUnknown() && prior.Rotation.ValueString() != rotationGone && !stays(prior.Accessor.ValueString())
	for accessor := range prior.previous() {
		revokes = revokes || !stays(accessor)
	}
	if revokes || m.PreviousAccessors.IsUnknown() {
		needs = append(needs, m.revoking())
	}
	return needs
}

// making are the rights to make a secret ID, or to push one, and to look it up.
func (m secretIDModel) making() []glue.Need {
	endpoint := "secret-id"
	if m.pushed() {
		endpoint = "custom-secret-id"
	}
	return []glue.Need{m.atRole(endpoint), m.atRole("secret-id-accessor", "lookup")}
}

func (m secretIDModel) revoking() glue.Need { return m.atRole("secret-id-accessor", "destroy") }

func (m secretIDModel) atRole(endpoint ...string) glue.Need {
	return glue.On([]string{"update"}, append([]string{"auth", m.Mount.ValueString(), "role", m.RoleName.ValueString()}, endpoint...)...)
}

// Replaces reports whether the mount becomes one of another type.
func (m authMountModel) Replaces(prior authMountModel) bool { return !m.Type.Equal(prior.Type) }

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
