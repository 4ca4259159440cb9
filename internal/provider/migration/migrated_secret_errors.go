package migration

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// remedies are the ways out of the core's own errors, with the attribute that
// is to be changed. What the adapters report brings its own.
var remedies = []struct {
	is        error
	attribute string
	text      string
}{
	{migrate.ErrConflict, "name", "Nothing was overwritten. Ways out: take the entry over with an import block if it is the same secret; " +
		"set on_conflict = \"overwrite\" to replace it (KV v2 keeps it as an older version); or choose another name."},
	{migrate.ErrOwnedByAnother, "name", "Nothing was overwritten. Another configuration, or another resource of this one, copied a different secret there. " +
		"Choose another name, take the other one out, or set on_conflict = \"overwrite\" to take the path over."},
	{migrate.ErrChangedMeanwhile, "name", "Nothing was overwritten. Run plan again: it shows the change as drift, and what apply would do about it."},
	{migrate.ErrReadBack, "name", "Somebody else writes the same path, or the node that answers lags far behind the leader. Run plan again: it shows what stands there."},
	{migrate.ErrVersionMismatch, "version_number", "This should not happen; nothing was written. Run plan again."},
	{migrate.ErrVersionDetectionOnKV1, "drift_detection", "Leave drift_detection out, or set it to \"content\", on a KV v1 mount. Nothing was written."},
	{migrate.ErrSoftDeleteOnKV1, "on_destroy", "Use on_destroy = \"retain\" or \"destroy\" on a KV v1 mount. Nothing was deleted."},
	{migrate.ErrDeletionOnKV1, "delete_version_at_expiry", "Leave delete_version_at_expiry out, or use a KV v2 mount. Nothing was written."},
	{migrate.ErrSourceExpired, "delete_version_at_expiry", "Rotate the secret in OCI, or set delete_version_at_expiry = false to copy it nevertheless. Nothing was written."},
	{migrate.ErrDeletionDisabled, "delete_version_at_expiry", "Set delete_version_after of the mount to \"0s\" or more (ocibao_kv_mount), and apply again: the value was written, but it stays beyond the expiry until then. Or set delete_version_at_expiry = false."},
	{migrate.ErrFreeformTags, "copy_freeform_tags", "Correct the tag in OCI, give its key another value in custom_metadata, which wins, or leave copy_freeform_tags out. Nothing was written."},
	{migrate.ErrDescription, "copy_description", "Shorten the description in OCI to one line of at most 512 bytes, set description in custom_metadata, which wins, or leave copy_description out. Nothing was written."},
	{migrate.ErrFormat, "format", "Use format = \"auto\", which always fits, or correct the content in OCI. Nothing was written."},
	{migrate.ErrNotBase64, "secret_id", "The secret's content was stored in OCI without being encoded in BASE64. Store a new version there, encoded. Nothing was written."},
	{migrate.ErrNoMark, "", "Say which secret it is a copy of: import with the ID \"<secret OCID>,<mount>/<name>\"."},
	{migrate.ErrMountNotFound, "mount", "Mount the engine first, or correct the path of the mount."},
	{migrate.ErrMountType, "mount", "Choose the path of a KV mount, or create one with ocibao_kv_mount."},
	{migrate.ErrPendingDeletion, "secret_id", "Cancel the deletion in OCI to copy it, or take the secret out of the configuration."},
	{migrate.ErrSourceVersionNotFound, "version_number", "The plan pinned this version, and no other is taken in its place. Run plan again, or set version_number to one that the secret still has."},
}

// remedied adds the way out to an error of the core, and names the attribute
// that is to be changed; "" when none is.
func remedied(err error) (attribute string, explained error) {
	for _, remedy := range remedies {
		if errors.Is(err, remedy.is) {
			return remedy.attribute, glue.Hint(err, remedy.text)
		}
	}
	return "", err
}

// explain adds an error of the core, with its way out, to the diagnostics.
func explain(diags *diag.Diagnostics, verb string, model migratedSecretModel, err error) {
	failure := glue.Failure{
		Verb:     verb,
		Thing:    "secret",
		Identity: fmt.Sprintf("%s to %s", model.SecretID.ValueString(), model.location()),
	}
	if verb != "migrate" {
		failure.Identity = model.location().String()
	}
	attribute, err := remedied(err)
	if attribute != "" {
		failure.AddTo(diags, path.Root(attribute), err)
		return
	}
	failure.Add(diags, err)
}
