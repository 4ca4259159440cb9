package glue

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// namespaceMark separates a namespace from the rest of an import ID; no path of
// a mount holds an empty segment.
const namespaceMark = "//"

// ImportID is the ID that imports an object of a namespace.
func ImportID(namespace, id string) string {
	if namespace == "" {
		return id
	}
	return namespace + namespaceMark + id
}

// ImportNamespace takes the namespace off the ID of an import, puts it into the
// state and returns the rest. An error is a diagnostic.
func ImportNamespace(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) string {
	namespace, rest, inside := strings.Cut(req.ID, namespaceMark)
	if !inside || namespace == "" {
		return req.ID
	}
	if err := openbao.ValidateNamespace(namespace); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", Detail(err))
		return rest
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("namespace"), namespace)...)
	return rest
}
