package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
	"github.com/ocibao/terraform-provider-ocibao/internal/raftsnapshot"
)

var (
	_ action.ActionWithConfigure  = (*raftSnapshotAction)(nil)
	_ action.ActionWithModifyPlan = (*raftSnapshotAction)(nil)
)

// NewRaftSnapshotAction is the action ocibao_raft_snapshot.
func NewRaftSnapshotAction() action.Action { return &raftSnapshotAction{} }

type raftSnapshotAction struct {
	clients *glue.Clients
}

type raftSnapshotModel struct {
	Path      types.String `tfsdk:"path"`
	Overwrite types.Bool   `tfsdk:"overwrite"`
}

func (m raftSnapshotModel) failure() glue.Failure {
	return glue.Failure{Verb: "save", Thing: "Raft snapshot", Identity: "to " + m.Path.ValueString()}
}

func (a *raftSnapshotAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_raft_snapshot"
}

// Configure takes the clients.
func (a *raftSnapshotAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.clients = glue.FromProvider(req.ProviderData, &resp.Diagnostics)
}

func (a *raftSnapshotAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Takes a snapshot of OpenBao's Raft storage and saves it to a file on the machine that runs the apply, such as before a migration. " +
			"The file is readable by its owner only, and appears when the whole snapshot is on the disk and its checksums are right; " +
			"a run that fails or is cancelled leaves nothing behind. What is in it is encrypted by OpenBao's barrier: to restore it, the unseal keys of that time are needed.\n\n" +
			"The token needs `read` on `sys/storage/raft/snapshot` in the root namespace. " +
			"Actions need Terraform 1.14 or later; for other engines `examples/snapshot` of the repository does the same before a migration.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "File to write, relative to the working directory. Its folder must exist. " +
					"Where the path ends in a slash it is a folder, in which a file is made that is named by the time in UTC, such as `raft-20261123T190000Z.snap`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"overwrite": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether a file that is there already is replaced, once the new snapshot is whole. Default `false`: it is an error, told when the plan is made.",
			},
		},
	}
}

// ModifyPlan tells what stands in the way at the path, before anything is
// applied.
func (a *raftSnapshotAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config raftSnapshotModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || config.Path.IsUnknown() || config.Overwrite.IsUnknown() {
		return
	}
	if err := raftsnapshot.Free(config.file(time.Time{}), config.Overwrite.ValueBool()); err != nil {
		config.failure().AddTo(&resp.Diagnostics, path.Root("path"), withWayOut(err))
	}
}

// file is the file to write at a time.
func (m raftSnapshotModel) file(now time.Time) string {
	given := m.Path.ValueString()
	if strings.HasSuffix(given, "/") || os.IsPathSeparator(given[len(given)-1]) {
		return filepath.Join(given, "raft-"+now.UTC().Format("20060102T150405Z")+".snap")
	}
	return filepath.Clean(given)
}

// withWayOut adds what to do to what stands in the way of a snapshot.
func withWayOut(err error) error {
	switch {
	case errors.Is(err, raftsnapshot.ErrExists):
		return glue.Hint(err, "Nothing was overwritten. Move the file away, choose another path (one that ends in a slash makes a new file each time), or set overwrite = true.")
	case errors.Is(err, raftsnapshot.ErrInvalid):
		return glue.Hint(err, "Nothing was saved. Run this again; if it stays so, look into the log of the server that is active: "+
			"it may be unable to encrypt the checksums by its seal, or something between here and the server may cut answers off.")
	}
	return err
}

// Invoke takes the snapshot.
func (a *raftSnapshotAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config raftSnapshotModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	tell := func(format string, values ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, values...)})
	}
	client, file := a.clients.OpenBao.Client, config.file(a.clients.Clock.Now())
	tell("Taking a Raft snapshot of %s", strings.Join(client.Addresses(), ", "))
	told := a.clients.Clock.Now()
	info, err := raftsnapshot.Save(file, config.Overwrite.ValueBool(), func(to io.Writer) error {
		return client.Snapshot(ctx, to, func(total int64) {
			if now := a.clients.Clock.Now(); now.Sub(told) >= progressInterval {
				told = now
				tell("%s received", size(total))
			}
		})
	})
	if err != nil {
		config.failure().AddTo(&resp.Diagnostics, path.Root("path"), withWayOut(err))
		return
	}
	tell("Saved to %s: %s, up to entry %d of the Raft log, checksums verified", file, size(info.Size), info.Index)
}

// progressInterval is the time between two messages.
const progressInterval = 5 * time.Second

// size is a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}
