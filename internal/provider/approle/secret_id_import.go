package approle

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ImportState takes "<mount>/<role name>/<accessor>" as ID, behind
// "<namespace>//" where it is in one. The wrapping token of an imported secret ID
// is not known any more.
func (r *secretIDResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parts := strings.Split(r.ImportedID(ctx, req, resp), "/")
	last := len(parts) - 1
	if len(parts) < 3 || parts[last] == "" || parts[last-1] == "" {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(errors.New("the ID is \"<mount>/<role name>/<accessor>\", such as approle/app/0f2c1f1e-…")))
		return
	}
	for name, value := range map[string]string{
		"mount": strings.Join(parts[:last-1], "/"), "role_name": parts[last-1], "accessor": parts[last], "wrapping_ttl": unwrapped,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("secret_id_wo_version"), importedVersion)...)
}

const (
	// unwrapped is the wrapping TTL of an imported secret ID: how it was handed over
	// once cannot be known, nor changed any more.
	unwrapped = "0s"
	// importedVersion is the version of one that may have been given.
	importedVersion = 1
)
