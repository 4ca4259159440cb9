package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// listed is a compartment or vault as a map of OCIDs sees it.
type listed struct {
	name, id, state string
}

func (l listed) active() bool { return l.state == migrate.StateActive }

// idsByName maps names to OCIDs. OCI does not keep names unique, least of all
// next to what is being deleted: a name belongs to the one that is active. Where
// several are, it belongs to none, so that nobody gets the wrong one unnoticed,
// and a warning names them.
func idsByName(things string, all []listed, diags *diag.Diagnostics) map[string]string {
	byName := map[string][]listed{}
	for _, each := range all {
		byName[each.name] = append(byName[each.name], each)
	}
	ids := map[string]string{}
	var ambiguous strings.Builder
	for _, each := range all {
		sharing := byName[each.name]
		if each != sharing[0] {
			continue // told with the first of its name
		}
		chosen := slices.DeleteFunc(slices.Clone(sharing), func(l listed) bool { return !l.active() })
		if len(chosen) == 0 {
			chosen = sharing
		}
		if len(chosen) == 1 {
			ids[each.name] = chosen[0].id
			continue
		}
		for _, one := range chosen {
			fmt.Fprintf(&ambiguous, "\n  - %s (%s), %s", one.name, one.id, one.state)
		}
	}
	if ambiguous.Len() > 0 {
		diags.AddWarning("Several "+things+" have one name", "ids can hold one of a name only, so it leaves out the following; the list has them all:"+ambiguous.String())
	}
	return ids
}

// explainListing reports that something of a compartment or secret, which an
// argument names, could not be listed.
func explainListing(diags *diag.Diagnostics, argument, thing, id string, err error) {
	trouble := glue.Failure{Verb: "list", Thing: thing, Identity: id}
	if isAboutArgument(err) {
		trouble.AddTo(diags, path.Root(argument), err)
		return
	}
	trouble.Add(diags, err)
}
