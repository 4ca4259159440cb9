package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// filter says which secrets of a compartment belong to an inventory.
type filter struct {
	vaultID, name, state string // empty for any; any state leaves out DELETED
	pattern              *regexp.Regexp
	tags                 map[string]string
}

func (f filter) matches(s ocivault.SecretSummary) bool {
	if f.state != s.LifecycleState && (f.state != "" || s.LifecycleState == migrate.StateDeleted) {
		return false
	}
	if f.pattern != nil && !f.pattern.MatchString(s.Name) {
		return false
	}
	for key, want := range f.tags {
		if got, has := s.FreeformTags[key]; !has || got != want {
			return false
		}
	}
	return true
}

// entry is a secret of an inventory.
type entry struct {
	ocivault.SecretSummary
	number int64 // of the current version; 0 when it was not asked for or not told
	pinned bool  // belongs to pins
}

// inventory lists the secrets of compartments.
type inventory struct {
	client *ocivault.Client
	filter filter
}

// compartments are a compartment and, in a subtree, all below it.
func (i inventory) compartments(ctx context.Context, root string, subtree bool) ([]string, error) {
	ids := []string{root}
	if !subtree {
		return ids, nil
	}
	below, err := i.client.ListCompartments(ctx, ocivault.ListCompartmentsRequest{ID: root, Subtree: true})
	for _, compartment := range below {
		if compartment.LifecycleState != migrate.StateDeleted {
			ids = append(ids, compartment.ID)
		}
	}
	return ids, err
}

// list gives what passes the filter, each secret once, sorted by name and OCID.
func (i inventory) list(ctx context.Context, compartments []string) ([]entry, error) {
	found := make([][]ocivault.SecretSummary, len(compartments))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(i.client.MaxConcurrency())
	for at, compartment := range compartments {
		group.Go(func() error {
			var err error
			found[at], err = i.client.ListSecrets(groupCtx, ocivault.ListSecretsRequest{
				CompartmentID: compartment, VaultID: i.filter.vaultID, Name: i.filter.name, LifecycleState: i.filter.state,
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var entries []entry
	for _, secret := range slices.Concat(found...) {
		if i.filter.matches(secret) {
			entries = append(entries, entry{SecretSummary: secret})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	// A secret that moved meanwhile was seen in two compartments.
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.ID == b.ID }), nil
}

// number asks for the current version number of each secret. Those that
// answered 404 come back apart, unless their state explains it.
func (i inventory) number(ctx context.Context, listed []entry) (numbered, missing []entry, notFound error, err error) {
	failures := make([]error, len(listed))
	described := slices.Clone(listed)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(i.client.MaxConcurrency())
	for at := range described {
		group.Go(func() error {
			secret, err := i.client.Describe(groupCtx, described[at].ID)
			if errors.Is(err, migrate.ErrSourceNotFound) {
				failures[at] = err
				return nil
			}
			if err != nil {
				return err
			}
			described[at].number = secret.CurrentVersionNumber
			described[at].LifecycleState, described[at].TimeOfDeletion = secret.LifecycleState, secret.TimeOfDeletion
			described[at].TimeOfCurrentExpiry, described[at].Rotation = secret.TimeOfCurrentExpiry, secret.Rotation
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, nil, err
	}
	for at, each := range described {
		switch {
		case failures[at] != nil && readable(each.LifecycleState):
			missing, notFound = append(missing, each), cmp.Or(notFound, failures[at])
		case i.filter.matches(each.SecretSummary):
			numbered = append(numbered, each)
		}
	}
	return numbered, missing, notFound, nil
}

// stillListed tells secrets that the caller may not read from those that
// vanished after they were listed: OCI answers 404 to both.
func (i inventory) stillListed(ctx context.Context, missing []entry) (hidden, vanished []entry, err error) {
	var compartments []string
	for _, each := range missing {
		if !slices.Contains(compartments, each.CompartmentID) {
			compartments = append(compartments, each.CompartmentID)
		}
	}
	again, err := i.list(ctx, compartments)
	if err != nil {
		return nil, nil, err
	}
	for _, each := range missing {
		at := slices.IndexFunc(again, func(e entry) bool { return e.ID == each.ID })
		if at >= 0 && readable(again[at].LifecycleState) {
			hidden = append(hidden, each)
		} else {
			vanished = append(vanished, each)
		}
	}
	return hidden, vanished, nil
}

// forbidden is the error for secrets that are listed and answer 404.
func forbidden(hidden []entry, notFound error) error {
	return fmt.Errorf("%w; OCI lists the following and yet does not show their metadata, so they are there and the right to read them is missing:%s\n"+
		"Without that right, set include_pins = false to list them without version numbers", notFound, enumerate(summaries(hidden)))
}

func summaries(entries []entry) []ocivault.SecretSummary {
	list := make([]ocivault.SecretSummary, len(entries))
	for i, each := range entries {
		list[i] = each.SecretSummary
	}
	return list
}
