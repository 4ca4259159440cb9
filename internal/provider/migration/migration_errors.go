package migration

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// explainMany reports the failures of many secrets in one error: a line for
// each, then every way out once.
func explainMany(diags *diag.Diagnostics, verb string, model migrationModel, total int, failed map[string]error, after string) {
	pins := glue.Texts(model.Secrets)
	var lines, ways []string
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		_, err := remedied(cause(failed[name]))
		reason, way, _ := strings.Cut(glue.Detail(err), "\n\n")
		source := ""
		if pin, known := pins[name]; known {
			source = " (" + pin + ")"
		}
		lines = append(lines, fmt.Sprintf("%q%s: %s", name, source, reason))
		if way != "" && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	const mostWays = 10
	if len(ways) > mostWays {
		ways = append(ways[:mostWays], fmt.Sprintf("(and %d more of the kind)", len(ways)-mostWays))
	}
	if after != "" {
		ways = append(ways, after)
	}
	detail := enumerate(lines)
	if len(ways) > 0 {
		detail += "\n\n" + strings.Join(ways, "\n\n")
	}
	diags.AddAttributeError(path.Root("secrets"), fmt.Sprintf("Unable to %s %d of %d secrets of %s", verb, len(failed), total, model.place()), detail)
}

// cause leaves out what a line of a list has no room for.
func cause(err error) error {
	var left *migrate.LeftBehindError
	if errors.As(err, &left) {
		return left.Err
	}
	return err
}
