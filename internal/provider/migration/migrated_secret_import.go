package migration

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// importID is what an import ID names.
type importID struct {
	secretID      string // empty: the ownership mark tells
	versionNumber int64  // 0: the stage CURRENT is followed
	namespace     string
	path          string // mount and name, which only the server can tell apart
}

// importUsage explains the forms of an import ID.
const importUsage = "Use \"<mount>/<name>\" for a KV v2 entry that carries the ownership mark, " +
	"\"<secret OCID>,<mount>/<name>\" to follow the stage CURRENT of a secret, or " +
	"\"<secret OCID>@<version number>,<mount>/<name>\" to pin a version. A namespace goes before the mount, as <namespace>//<mount>/<name>"

func parseImportID(id string) (importID, error) {
	source, place, both := strings.Cut(id, ",")
	if !both || !strings.HasPrefix(source, "ocid1.") {
		source, place = "", id
	}
	parsed := importID{secretID: source, path: place}
	if namespace, rest, inside := strings.Cut(place, "//"); inside && namespace != "" {
		parsed.namespace, parsed.path = namespace, rest
	}
	if !strings.Contains(strings.Trim(parsed.path, "/"), "/") {
		return importID{}, fmt.Errorf("%q names no mount and name. %s", id, importUsage)
	}
	switch {
	case source == "":
	case strings.Contains(source, "@"):
		pin, err := migrate.ParsePin(source)
		if err != nil {
			return importID{}, fmt.Errorf("%w. %s", err, importUsage)
		}
		parsed.secretID, parsed.versionNumber = pin.SecretID, pin.VersionNumber
	default:
		if err := migrate.ValidateSecretID(source); err != nil {
			return importID{}, fmt.Errorf("%w. %s", err, importUsage)
		}
	}
	return parsed, nil
}

// ImportState finds out where the mount ends, which only the server knows; Read
// does the rest.
func (r *migratedSecretResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if req.ID == "" {
		importByIdentity(ctx, req, resp)
		return
	}
	parsed, err := parseImportID(req.ID)
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(err))
		return
	}
	if !r.clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	mount, err := r.clients.OpenBao.Client.MountOf(ctx, parsed.namespace, parsed.path)
	if err != nil {
		glue.Failure{Verb: "import", Thing: "secret", Identity: parsed.path}.Add(&resp.Diagnostics, err)
		return
	}
	name := strings.TrimPrefix(parsed.path, mount+"/")
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mount"), mount)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("namespace"), glue.Text(parsed.namespace))...)
	if parsed.secretID != "" {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("secret_id"), parsed.secretID)...)
	}
	if parsed.versionNumber != 0 {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("version_number"), types.Int64Value(parsed.versionNumber))...)
	}
}
