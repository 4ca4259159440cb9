package migration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// ImportState takes the path of the mount as ID. Which secrets were migrated
// there, the ownership marks tell.
func (r *migrationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	mount := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidateMount(mount); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the path of a KV v2 mount", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mount"), mount)...)
}

// adoptAll finds the migrated secrets of a mount by their ownership marks.
func (r *migrationResource) adoptAll(ctx context.Context, model migrationModel, resp *resource.ReadResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	adoptions, failed, err := r.adoptMarked(ctx, model)
	failure := glue.Failure{Verb: "import", Thing: "migration of mount", Identity: model.place()}
	switch {
	case err != nil:
		failure.Add(&resp.Diagnostics, err)
		return
	case len(failed) > 0:
		explainMany(&resp.Diagnostics, "import", model, len(adoptions)+len(failed), failed, "")
		return
	case len(adoptions) == 0:
		failure.Add(&resp.Diagnostics, glue.Hint(errors.New("no secret there carries an ownership mark"),
			"What was moved without this provider has no mark: leave the import out, and apply adopts what is equal without writing a value."))
		return
	}
	model.adopt(adoptions)
	states := map[string]migrate.State{}
	for name, adoption := range adoptions {
		if !underKey(adoption) {
			adoption.State.Wish.Key = model.Key.ValueString()
		}
		adoption.State.Wish.DeleteAtExpiry = model.DeleteAtExpiry.ValueBool()
		states[name] = adoption.State
	}
	model.show(states)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	saveAll(ctx, resp.Private, states, model, &resp.Diagnostics)
}

func (r *migrationResource) adoptMarked(ctx context.Context, model migrationModel) (map[string]migrate.Adoption, map[string]error, error) {
	client, namespace, mount := r.clients.OpenBao.Client, model.Namespace.ValueString(), model.Mount.ValueString()
	engine, err := client.Engine(ctx, namespace, mount)
	if err != nil {
		return nil, nil, err
	}
	if engine == migrate.KV1 {
		return nil, nil, glue.Hint(errors.New("KV v1 has no ownership marks to import by"),
			"Leave the import out: apply adopts what is equal without writing a value.")
	}
	names, err := client.ListNames(ctx, namespace, mount, engine, "", true)
	if err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex
	adoptions := map[string]migrate.Adoption{}
	failed := migrate.Each(ctx, names, workers, func(ctx context.Context, name string) error {
		adoption, err := migrate.Adopt(ctx, r.clients.Ports(), model.location(name), "", 0)
		if errors.Is(err, migrate.ErrNoMark) {
			return nil
		}
		if err != nil {
			return err
		}
		// The pins of a bulk migration follow no stage.
		adoption.State.Wish.Stage = ""
		if adoption.State.Drift == migrate.DriftSourceNewer {
			adoption.State.Drift = migrate.DriftNone
		}
		mu.Lock()
		defer mu.Unlock()
		adoptions[name] = adoption
		return nil
	})
	return adoptions, failed, nil
}

// adopt sets the arguments to the defaults, and the exceptions in form to what
// stands there.
func (m *migrationModel) adopt(adoptions map[string]migrate.Adoption) {
	m.Format = types.StringValue(string(migrate.FormatAuto))
	m.CustomMetadata = types.MapNull(types.StringType)
	m.CopyDescription, m.CopyFreeformTags = types.BoolValue(false), types.BoolValue(false)
	var expiry, rotation, deletion bool
	for _, adoption := range adoptions {
		wish := adoption.State.Wish
		expiry, rotation, deletion = expiry || wish.CopyExpiry, rotation || wish.CopyRotation, deletion || wish.DeleteAtExpiry
	}
	m.CopyExpiry, m.CopyRotation, m.DeleteAtExpiry = types.BoolValue(expiry), types.BoolValue(rotation), types.BoolValue(deletion)
	m.VersionHistory = types.StringValue(historyCurrent)
	m.OnConflict, m.OnDestroy = types.StringValue(glue.OnConflictFail), types.StringValue(string(migrate.Retain))
	m.DriftDetection = types.StringNull()
	m.Formats = types.MapNull(types.StringType)
	formats := map[string]attr.Value{}
	for name, adoption := range adoptions {
		if format := adoption.State.Wish.Format; format != migrate.FormatAuto {
			formats[name] = types.StringValue(string(format))
		}
	}
	m.Key = types.StringValue(commonKey(adoptions))
	if len(formats) > 0 {
		m.Formats = types.MapValueMust(types.StringType, formats)
	}
}

// underKey reports whether an entry is known to hold its content in one field
// that the key names.
func underKey(adoption migrate.Adoption) bool {
	return slices.Equal(adoption.Keys, []string{adoption.State.Wish.Key})
}

// commonKey is the key of most entries, since the state has one for all. The
// first by name wins among equals, so that each import gives the same.
func commonKey(adoptions map[string]migrate.Adoption) string {
	common, counts := migrate.DefaultKey, map[string]int{}
	for _, adoption := range adoptions {
		if underKey(adoption) {
			counts[adoption.State.Wish.Key]++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		if counts[key] > counts[common] {
			common = key
		}
	}
	return common
}
