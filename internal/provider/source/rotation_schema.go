package source

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// rotationModel is how far the rotation of a secret is.
type rotationModel struct {
	Status   types.String
	LastTime types.String
	NextTime types.String
}

func showRotation(rotation migrate.SourceRotation) rotationModel {
	return rotationModel{
		Status:   glue.Text(rotation.Status),
		LastTime: glue.Time(rotation.LastTime),
		NextTime: glue.Time(rotation.NextTime),
	}
}

// addRotationAttributes adds what a list and a single secret tell alike.
func addRotationAttributes(to map[string]schema.Attribute) map[string]schema.Attribute {
	to["time_of_current_version_expiry"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "When the current version expires, RFC 3339; null when it does not.",
	}
	to["rotation_status"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "`SCHEDULED`, `IN_PROGRESS`, `CANCELLING` or `NOT_ENABLED`; null when OCI does not rotate the secret.",
	}
	to["last_rotation_time"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "When OCI last rotated the secret successfully, RFC 3339; null when it never did. A version that somebody else added is no rotation to OCI.",
	}
	to["next_rotation_time"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "When OCI rotates the secret next, RFC 3339; null when that is not scheduled.",
	}
	return to
}

// warnExpiryAttribute is the argument that asks for a warning.
func warnExpiryAttribute(what string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:   true,
		CustomType: glue.DurationType{},
		MarkdownDescription: "Duration such as `\"720h\"`. " + what + " whose current version expires within it, or has expired, is named in a warning. " +
			"Default: no warning.",
	}
}

// warnExpiry names in one warning what expires within a time.
func warnExpiry(entries []entry, within glue.Duration, now time.Time, diags *diag.Diagnostics) {
	limit := now.Add(time.Duration(within.Seconds()) * time.Second)
	const most = 50
	var lines strings.Builder
	count := 0
	for _, each := range entries {
		expiry := each.TimeOfCurrentExpiry
		if within.Seconds() == 0 || expiry.IsZero() || expiry.After(limit) {
			continue
		}
		if count++; count <= most {
			fmt.Fprintf(&lines, "\n  - %s (%s): %s", each.Name, each.ID, migrate.Expires(expiry, now))
		}
	}
	if count > most {
		fmt.Fprintf(&lines, "\n  - and %d more", count-most)
	}
	if count > 0 {
		diags.AddAttributeWarning(path.Root("warn_expiry_within"), migrate.SummaryExpiring,
			"The current version of the following expires within "+within.ValueString()+" or has expired:"+lines.String()+"\n\nRotate them in OCI.")
	}
}
