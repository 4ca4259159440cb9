package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// leaving tells whether deletion is scheduled or was.
func (e entry) leaving() bool { return !readable(e.LifecycleState) }

// choose sets pinned on the secrets that belong to pins. One that is on its way
// out stays among them, so that what was migrated before stays managed and the
// plan names the drift instead of a removal. It gives way to another of its name.
func choose(entries []entry) {
	taken := map[string]bool{}
	for _, each := range entries {
		if each.number > 0 && !each.leaving() {
			taken[each.Name] = true
		}
	}
	for at, each := range entries {
		entries[at].pinned = each.number > 0 && each.LifecycleState != migrate.StateDeleted && (!each.leaving() || !taken[each.Name])
	}
}

func (e entry) pin() string { return migrate.Pin{SecretID: e.ID, VersionNumber: e.number}.String() }

// refuseNamesakes adds an error for each name that several secrets have, since a
// map could hold one of them only. The entries are sorted by name.
func refuseNamesakes(pinned []entry, diags *diag.Diagnostics) {
	for start := 0; start < len(pinned); {
		end := start + 1
		for end < len(pinned) && pinned[end].Name == pinned[start].Name {
			end++
		}
		if end-start > 1 {
			namesakes := pinned[start:end]
			attribute, wayOut := tellApart(namesakes)
			var where strings.Builder
			for _, each := range namesakes {
				fmt.Fprintf(&where, "\n  - %s in vault %s, compartment %s", each.ID, each.VaultID, each.CompartmentID)
			}
			diags.AddAttributeError(path.Root(attribute), "Several secrets have one name", fmt.Sprintf(
				"%d secrets are named %q, and pins can hold one of them only:%s\n\n%s, one data source for each, or set include_pins = false.",
				len(namesakes), pinned[start].Name, where.String(), wayOut))
		}
		start = end
	}
}

// tellApart names the argument that separates secrets of one name.
func tellApart(namesakes []entry) (attribute, wayOut string) {
	differ := func(key func(entry) string) bool {
		return slices.ContainsFunc(namesakes, func(e entry) bool { return key(e) != key(namesakes[0]) })
	}
	vaults := differ(func(e entry) string { return e.VaultID })
	compartments := differ(func(e entry) string { return e.CompartmentID })
	switch {
	case vaults && compartments:
		return "vault_id", "Set vault_id to one of these vaults, or compartment_id to one of these compartments"
	case vaults:
		return "vault_id", "Set vault_id to one of these vaults"
	case compartments:
		return "compartment_id", "Set compartment_id to one of these compartments, without compartment_id_in_subtree"
	}
	return "name_regex", "Leave this name out with name or name_regex and use the OCIDs"
}
