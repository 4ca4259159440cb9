package ocivault

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/oracle/oci-go-sdk/v65/identity"
	"golang.org/x/sync/errgroup"
)

// Compartment is one compartment of a tenancy.
type Compartment struct {
	ID             string
	ParentID       string // empty for the tenancy
	Name           string // empty for the tenancy
	Description    string
	LifecycleState string // a listing may hold compartments that are "DELETED"
	IsTenancy      bool   // the root compartment; OCI does not list it, so only ID is known
	TimeCreated    time.Time
	FreeformTags   map[string]string
	DefinedTags    map[string]map[string]string // by namespace and key, values as text
}

// ListCompartmentsRequest says which compartments to list.
type ListCompartmentsRequest struct {
	// ID is the OCID of the compartment or tenancy whose children are listed.
	ID string
	// Subtree lists the children's children too, and so on.
	Subtree bool
	// IncludeTenancy puts the tenancy itself first, when ID is one.
	IncludeTenancy bool
}

// ListCompartments lists the compartments below another, sorted by name and
// OCID, each once. It needs "inspect compartments". OCI gives a whole subtree at
// once only below the tenancy; elsewhere this walks it level by level, and does
// not look below what is deleted.
func (c *Client) ListCompartments(ctx context.Context, request ListCompartmentsRequest) ([]Compartment, error) {
	if request.ID == "" {
		return nil, errors.New("a list of compartments needs the OCID of a compartment or tenancy")
	}
	isTenancy := strings.HasPrefix(request.ID, "ocid1.tenancy.")
	var (
		list []Compartment
		err  error
	)
	if request.Subtree && !isTenancy {
		list, err = c.walk(ctx, request.ID)
	} else {
		list, err = c.children(ctx, request.ID, request.Subtree)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Compartment) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	list = slices.CompactFunc(list, func(a, b Compartment) bool { return a.ID == b.ID })
	if isTenancy && request.IncludeTenancy {
		list = slices.Insert(list, 0, Compartment{ID: request.ID, IsTenancy: true, LifecycleState: "ACTIVE"})
	}
	return list, nil
}

// walk lists a subtree breadth first, the compartments of a level at once.
func (c *Client) walk(ctx context.Context, root string) ([]Compartment, error) {
	var all []Compartment
	seen := map[string]bool{root: true}
	for level := []string{root}; len(level) > 0; {
		found := make([][]Compartment, len(level))
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(c.maxConcurrency)
		for i, id := range level {
			group.Go(func() error {
				var err error
				found[i], err = c.children(groupCtx, id, false)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		level = nil
		for _, compartment := range slices.Concat(found...) {
			if seen[compartment.ID] {
				continue
			}
			seen[compartment.ID] = true
			all = append(all, compartment)
			if compartment.LifecycleState != string(identity.CompartmentLifecycleStateDeleted) {
				level = append(level, compartment.ID)
			}
		}
	}
	return all, nil
}

func (c *Client) children(ctx context.Context, id string, subtree bool) ([]Compartment, error) {
	found, err := pages(ctx, c, "ListCompartments", id,
		func(ctx context.Context, page *string) ([]identity.Compartment, *string, error) {
			resp, err := c.identity.ListCompartments(ctx, identity.ListCompartmentsRequest{
				CompartmentId:          &id,
				CompartmentIdInSubtree: optional(subtree),
				Page:                   page,
			})
			return resp.Items, resp.OpcNextPage, err
		})
	if err != nil {
		return nil, err
	}
	list := make([]Compartment, 0, len(found))
	for _, each := range found {
		if value(each.Id) == "" {
			return nil, mismatch("ListCompartments", id, "a compartment has no OCID")
		}
		list = append(list, Compartment{
			ID:             value(each.Id),
			ParentID:       value(each.CompartmentId),
			Name:           value(each.Name),
			Description:    value(each.Description),
			LifecycleState: word(each.LifecycleState),
			TimeCreated:    moment(each.TimeCreated),
			FreeformTags:   each.FreeformTags,
			DefinedTags:    definedTags(each.DefinedTags),
		})
	}
	return list, nil
}
