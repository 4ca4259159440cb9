package migration

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// pinsByName checks a map of names to pins, and the names too where they are those
// of places in OpenBao. The engine does not show which element an error belongs
// to, and a map may have thousands that are wrong in the same way: so one error
// of each kind names them all.
type pinsByName struct {
	places bool
}

func (pinsByName) Description(context.Context) string {
	return "a map of names to pins, <secret OCID>@<version number>"
}

func (m pinsByName) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (m pinsByName) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	var badNames, badPins []string
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if err := openbao.ValidateName(name); m.places && err != nil {
			badNames = append(badNames, err.Error())
		}
		pin, is := elements[name].(types.String)
		switch {
		case !is || pin.IsUnknown():
		case pin.IsNull():
			badPins = append(badPins, fmt.Sprintf("%q is null; leave out of the map what is not to be migrated, with an if clause of the for expression", name))
		default:
			if _, err := migrate.ParsePin(pin.ValueString()); err != nil {
				badPins = append(badPins, fmt.Sprintf("%q: %s", name, err))
			}
		}
	}
	if len(badNames) > 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid secret name", enumerate(badNames))
	}
	if len(badPins) > 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid pin", enumerate(badPins)+
			"\n\nThe attribute pins of the data source ocibao_secrets has pins; its ids have no version number.")
	}
}
