package migration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// NewCoverageDataSource is ocibao_migration_coverage.
func NewCoverageDataSource() datasource.DataSource {
	return &coverageDataSource{glue.NewDataSource("migration_coverage")}
}

type coverageDataSource struct {
	glue.DataSource
}

func (d *coverageDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model coverageModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !d.Clients.OpenBao.Require(&resp.Diagnostics) {
		return
	}
	question := model.question(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	failure := glue.Failure{Verb: "read", Thing: "coverage of mount", Identity: model.place()}
	engine, err := d.Clients.OpenBao.Client.Engine(ctx, model.Namespace.ValueString(), model.Mount.ValueString())
	switch {
	case errors.Is(err, migrate.ErrMountNotFound):
		// Before the first apply there is no mount, and all is still to be done.
		resp.Diagnostics.AddAttributeWarning(path.Root("mount"), "Nothing can be seen of the mount",
			glue.Detail(err)+"\n\nEverything selected counts as pending.")
		model.MatchedBy = types.StringNull()
	case err != nil:
		failure.AddTo(&resp.Diagnostics, path.Root("mount"), err)
		return
	default:
		model.MatchedBy = matchedBy(engine)
		question.Engine = engine
		var failed map[string]error
		if question.Present, failed, err = d.present(ctx, model, engine, question.Selected); err != nil {
			failure.Add(&resp.Diagnostics, err)
			return
		}
		if len(failed) > 0 {
			explainUnseen(&resp.Diagnostics, failure, failed)
			return
		}
	}
	model.show(migrate.Cover(question))
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func matchedBy(engine migrate.Engine) types.String {
	if engine == migrate.KV1 {
		return types.StringValue("name")
	}
	return types.StringValue("mark")
}

// present is what the mount holds. It reads the metadata of KV v2, and no value.
func (d *coverageDataSource) present(ctx context.Context, model coverageModel, engine migrate.Engine, selected map[string]migrate.Pin,
) (map[string]migrate.KVMetadata, map[string]error, error) {
	client := d.Clients.OpenBao.Client
	listed, err := client.ListNames(ctx, model.Namespace.ValueString(), model.Mount.ValueString(), engine, "", true)
	if err != nil {
		return nil, nil, err
	}
	present := map[string]migrate.KVMetadata{}
	for _, name := range listed {
		present[name] = migrate.KVMetadata{CurrentVersion: migrate.KVVersion{Number: 1}}
	}
	if engine == migrate.KV1 {
		return present, nil, nil
	}
	// A list that a standby answers may lack what was written a moment ago; the
	// metadata of one name waits for this client's own writes. So what is selected
	// is asked for in any case.
	asked := map[string]bool{}
	for _, name := range slices.Concat(listed, slices.Collect(maps.Keys(selected))) {
		// No request can name it, so it is none of the provider's.
		asked[name] = openbao.ValidateName(name) == nil
	}
	maps.DeleteFunc(asked, func(_ string, can bool) bool { return !can })
	var mu sync.Mutex
	failed := migrate.Each(ctx, slices.Sorted(maps.Keys(asked)), workers, func(ctx context.Context, name string) error {
		metadata, err := client.Metadata(ctx, model.location(name))
		if err != nil && !errors.Is(err, migrate.ErrDestinationNotFound) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			delete(present, name)
			return nil
		}
		present[name] = metadata
		return nil
	})
	return present, failed, nil
}

// explainUnseen reports the names whose metadata could not be read in one error.
func explainUnseen(diags *diag.Diagnostics, failure glue.Failure, failed map[string]error) {
	var lines, ways []string
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		reason, way, _ := strings.Cut(glue.Detail(failed[name]), "\n\n")
		lines = append(lines, fmt.Sprintf("%q: %s", name, reason))
		if way != "" && len(ways) < 3 && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	detail := fmt.Sprintf("The metadata of %d names cannot be read:\n%s", len(failed), enumerate(lines))
	diags.AddAttributeError(path.Root("mount"), failure.Summary(), strings.Join(append([]string{detail}, ways...), "\n\n"))
}
