package glue

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Time is a time in RFC 3339, UTC; the zero time is null.
func Time(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}
