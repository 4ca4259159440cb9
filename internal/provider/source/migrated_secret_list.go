package source

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	listresource "github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var _ listresource.ListResourceWithConfigure = (*migratedSecretList)(nil)

// NewMigratedSecretList is the list resource of ocibao_migrated_secret: the
// secrets of a compartment that are to be migrated.
func NewMigratedSecretList() listresource.ListResource { return &migratedSecretList{} }

type migratedSecretList struct {
	clients *glue.Clients
}

// migratedSecretListModel is the config block of a list block.
type migratedSecretListModel struct {
	CompartmentID   types.String `tfsdk:"compartment_id"`
	InSubtree       types.Bool   `tfsdk:"compartment_id_in_subtree"`
	VaultID         types.String `tfsdk:"vault_id"`
	Name            types.String `tfsdk:"name"`
	NameRegex       types.String `tfsdk:"name_regex"`
	FreeformTags    types.Map    `tfsdk:"freeform_tags"`
	Mount           types.String `tfsdk:"mount"`
	Namespace       types.String `tfsdk:"namespace"`
	Rename          []renaming   `tfsdk:"rename"`
	IncludeMigrated types.Bool   `tfsdk:"include_migrated"`
}

// renaming replaces what an expression finds in a name.
type renaming struct {
	Pattern     types.String `tfsdk:"pattern"`
	Replacement types.String `tfsdk:"replacement"`
}

// candidate is a secret and the place that it goes to.
type candidate struct {
	entry
	at migrate.Location
}

func (l *migratedSecretList) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_migrated_secret"
}

// Configure takes the clients.
func (l *migratedSecretList) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	l.clients = glue.FromProvider(req.ProviderData, &resp.Diagnostics)
}

// List finds the secrets; it reads no content and writes nothing.
func (l *migratedSecretList) List(ctx context.Context, req listresource.ListRequest, stream *listresource.ListResultsStream) {
	var diags diag.Diagnostics
	found := l.find(ctx, req, &diags)
	stream.Results = func(push func(listresource.ListResult) bool) {
		if len(diags) > 0 && !push(listresource.ListResult{Diagnostics: diags}) || diags.HasError() {
			return
		}
		for at, each := range found {
			if req.Limit > 0 && int64(at) >= req.Limit || !push(each.result(ctx, req)) {
				return
			}
		}
	}
}

func (l *migratedSecretList) find(ctx context.Context, req listresource.ListRequest, diags *diag.Diagnostics) []candidate {
	var model migratedSecretListModel
	diags.Append(req.Config.Get(ctx, &model)...)
	if diags.HasError() {
		return nil
	}
	openBao, oci := l.clients.OpenBao.Require(diags), l.clients.OCI.Require(diags)
	if !openBao || !oci {
		return nil
	}
	candidates := l.candidates(ctx, model, diags)
	if diags.HasError() || model.IncludeMigrated.ValueBool() {
		return candidates
	}
	return l.notMigrated(ctx, model, candidates, diags)
}

// candidates are the secrets whose content can be read, with their places.
func (l *migratedSecretList) candidates(ctx context.Context, model migratedSecretListModel, diags *diag.Diagnostics) []candidate {
	inventoryModel := secretsModel{
		CompartmentID: model.CompartmentID, VaultID: model.VaultID, Name: model.Name, NameRegex: model.NameRegex, FreeformTags: model.FreeformTags,
	}
	criteria, err := inventoryModel.filter()
	if err != nil {
		diags.AddAttributeError(path.Root("name_regex"), "Invalid regular expression", glue.Detail(err))
		return nil
	}
	lister := inventory{l.clients.OCI.Client, criteria}
	compartments, err := lister.compartments(ctx, model.CompartmentID.ValueString(), model.InSubtree.ValueBool())
	if err != nil {
		explainList(diags, "compartments below", inventoryModel, err)
		return nil
	}
	entries, err := lister.list(ctx, compartments)
	if err != nil {
		explainList(diags, "secrets of compartment", inventoryModel, err)
		return nil
	}
	var candidates []candidate
	taken := map[string]entry{}
	for _, each := range entries {
		if each.leaving() {
			continue
		}
		name := model.rename(each.Name)
		if err := openbao.ValidateName(name); err != nil {
			diags.AddAttributeError(path.Root("rename"), "Unable to name a secret",
				fmt.Sprintf("%s would be named %q, but %s", each.Name, name, glue.Detail(err)))
			continue
		}
		if other, isTaken := taken[name]; isTaken {
			diags.AddAttributeError(path.Root("rename"), "Several secrets would have one name", fmt.Sprintf(
				"%s (%s) and %s (%s) would both be %s/%s. Narrow the list with vault_id, name or name_regex, or change rename.",
				other.Name, other.ID, each.Name, each.ID, model.Mount.ValueString(), name))
			continue
		}
		taken[name] = each
		candidates = append(candidates, candidate{each, migrate.Location{Namespace: model.Namespace.ValueString(), Mount: model.Mount.ValueString(), Name: name}})
	}
	return candidates
}

// rename is the name of a secret in OpenBao. The expressions were validated.
func (m migratedSecretListModel) rename(name string) string {
	for _, step := range m.Rename {
		if pattern, err := regexp.Compile(step.Pattern.ValueString()); err == nil {
			name = pattern.ReplaceAllString(name, step.Replacement.ValueString())
		}
	}
	return name
}

// notMigrated leaves out what its place holds a copy of already: on KV v2 by the
// ownership mark, on KV v1 whatever stands there.
func (l *migratedSecretList) notMigrated(ctx context.Context, model migratedSecretListModel, candidates []candidate, diags *diag.Diagnostics) []candidate {
	client := l.clients.OpenBao.Client
	failure := glue.Failure{Verb: "look into", Thing: "mount", Identity: model.Mount.ValueString()}
	engine, err := client.Engine(ctx, model.Namespace.ValueString(), model.Mount.ValueString())
	if errors.Is(err, migrate.ErrMountNotFound) {
		diags.AddWarning("Nothing can be seen of the mount", glue.Detail(err)+"\n\nEvery secret counts as not migrated. An import needs the mount.")
		return candidates
	}
	if err != nil {
		failure.AddTo(diags, path.Root("mount"), err)
		return nil
	}
	places := map[string]candidate{}
	names := make([]string, len(candidates))
	for at, each := range candidates {
		names[at], places[each.at.Name] = each.at.Name, each
	}
	var mu sync.Mutex
	done := map[string]bool{}
	failed := migrate.Each(ctx, names, lookups, func(ctx context.Context, name string) error {
		migrated, err := isMigrated(ctx, client, engine, places[name])
		mu.Lock()
		defer mu.Unlock()
		done[name] = migrated
		return err
	})
	for _, name := range names {
		if err := failed[name]; err != nil {
			// One right that is missing is missing for all.
			failure.AddTo(diags, path.Root("mount"), err)
			return nil
		}
	}
	return slices.DeleteFunc(candidates, func(each candidate) bool { return done[each.at.Name] })
}

// lookups is how many places are looked at at a time.
const lookups = 16

func isMigrated(ctx context.Context, client *openbao.Client, engine migrate.Engine, each candidate) (bool, error) {
	if engine == migrate.KV1 {
		return client.Listed(ctx, each.at)
	}
	metadata, err := client.Metadata(ctx, each.at)
	if errors.Is(err, migrate.ErrDestinationNotFound) {
		return false, nil
	}
	mark, marked := migrate.ReadMark(metadata.CustomMetadata)
	return marked && mark.SecretID == each.ID, err
}

// result is a secret as the engine lists it.
func (c candidate) result(ctx context.Context, req listresource.ListRequest) listresource.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = c.Name + " -> " + strings.TrimPrefix(c.at.Namespace+"/", "/") + c.at.Mount + "/" + c.at.Name
	attributes := map[string]types.String{
		"namespace": glue.Text(c.at.Namespace), "mount": types.StringValue(c.at.Mount), "name": types.StringValue(c.at.Name), "secret_id": types.StringValue(c.ID),
	}
	for name, value := range attributes {
		result.Diagnostics.Append(result.Identity.SetAttribute(ctx, path.Root(name), value)...)
		if req.IncludeResource {
			result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(name), value)...)
		}
	}
	return result
}
