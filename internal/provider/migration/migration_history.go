package migration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// The values of version_history.
const (
	historyCurrent = "current"
	historyAll     = "all"
)

// serverMaxVersions is how many versions KV v2 keeps where nothing is configured.
const serverMaxVersions = 10

// checkHistory refuses a plan whose history the mount would not keep: KV v2
// silently drops the oldest versions beyond max_versions. A mount that does not
// exist yet cannot be asked; the apply checks it again.
func (r *migrationResource) checkHistory(ctx context.Context, plan migrationModel, diags *diag.Diagnostics) {
	if plan.VersionHistory.ValueString() != historyAll || plan.undecided() || r.unknown() || !r.ready(diags) {
		return
	}
	mount, err := r.clients.OpenBao.Client.ReadKVMount(ctx, plan.Namespace.ValueString(), plan.Mount.ValueString())
	if err != nil || mount.Engine != migrate.KV2 {
		if err == nil {
			diags.AddAttributeError(path.Root("version_history"), "No history on KV v1",
				fmt.Sprintf("%s is a KV v1 mount, which keeps one version of each secret. Leave version_history out, or use a KV v2 mount.", plan.place()))
		} else if !errors.Is(err, migrate.ErrMountNotFound) {
			glue.Failure{Verb: "read", Thing: "KV mount", Identity: plan.place()}.AddTo(diags, path.Root("mount"), err)
		}
		return
	}
	kept := mount.MaxVersions
	if kept == 0 {
		kept = serverMaxVersions
	}
	lengths, failed := r.historyLengths(ctx, plan)
	if len(failed) > 0 {
		explainMany(diags, "list the versions of", plan, len(plan.Secrets.Elements()), failed, "")
		return
	}
	var tooLong []string
	var longest int64
	for _, name := range slices.Sorted(maps.Keys(lengths)) {
		if lengths[name] > kept {
			tooLong = append(tooLong, fmt.Sprintf("%q has %d versions", name, lengths[name]))
			longest = max(longest, lengths[name])
		}
	}
	if len(tooLong) > 0 {
		diags.AddAttributeError(path.Root("version_history"), "The mount does not keep that many versions", fmt.Sprintf(
			"%s keeps %d versions of each secret, so the oldest would be lost:\n%s\n\nSet max_versions = %d or more on the mount (ocibao_kv_mount), or version_history = \"current\".",
			plan.place(), kept, enumerate(tooLong), longest))
	}
}

// historyLengths counts the versions that each secret would bring along.
func (r *migrationResource) historyLengths(ctx context.Context, plan migrationModel) (map[string]int64, map[string]error) {
	var mu sync.Mutex
	lengths := map[string]int64{}
	pins := plan.pins()
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(pins)), workers, func(ctx context.Context, name string) error {
		versions, err := r.clients.OCI.Client.Versions(ctx, pins[name].SecretID)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		lengths[name] = int64(len(migrate.HistoryNumbers(versions, 0, pins[name].VersionNumber)))
		return nil
	})
	return lengths, failed
}
