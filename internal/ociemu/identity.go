package ociemu

import (
	"strings"
)

type compartmentJSON struct {
	ID             string                    `json:"id"`
	CompartmentID  string                    `json:"compartmentId"`
	Name           string                    `json:"name"`
	Description    string                    `json:"description"`
	TimeCreated    timestamp                 `json:"timeCreated"`
	LifecycleState string                    `json:"lifecycleState"`
	InactiveStatus *int64                    `json:"inactiveStatus"`
	IsAccessible   *bool                     `json:"isAccessible"`
	FreeformTags   map[string]string         `json:"freeformTags"`
	DefinedTags    map[string]map[string]any `json:"definedTags"`
}

type regionJSON struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

var regions = []regionJSON{
	{"AMS", "eu-amsterdam-1"},
	{"FRA", "eu-frankfurt-1"},
	{"IAD", "us-ashburn-1"},
	{"LHR", "uk-london-1"},
	{"PHX", "us-phoenix-1"},
	{"ZRH", "eu-zurich-1"},
}

func (e *Emulator) listRegions(request) answer {
	listed := regions
	known := false
	for _, region := range regions {
		known = known || region.Name == e.settings.region
	}
	if !known {
		listed = append(listed[:len(listed):len(listed)], regionJSON{strings.ToUpper(e.settings.region), e.settings.region})
	}
	return encode(listed)
}

func (e *Emulator) listCompartments(req request) answer {
	root := req.query["compartmentId"]
	if !e.permits(req.caller, Inspect, root) {
		return refuseNotFound("the compartment does not exist or may not be inspected")
	}
	subtree := req.query["compartmentIdInSubtree"] == "true"
	if subtree && root != req.caller.tenancy {
		return InvalidParameter.answer("compartmentIdInSubtree can be true only for the tenancy.")
	}
	byName := req.query["sortBy"] == "NAME"
	var items []listItem
	for _, c := range e.compartments {
		if !e.isListed(c, req, root, subtree) {
			continue
		}
		key := timeKey(c.created, c.sequence)
		if byName {
			key = nameKey(c.name, c.id)
		}
		items = append(items, listItem{key: key, body: func() any { return c.body(req) }})
	}
	return e.page(req, items, !byName)
}

// isListed applies the filters. The tenancy is not in its own list.
func (e *Emulator) isListed(c *compartment, req request, root string, subtree bool) bool {
	ancestry := e.ancestry(c.id)
	switch {
	case c.parent == "" || ancestry[len(ancestry)-1] != req.caller.tenancy:
		return false
	case !subtree && c.parent != root:
		return false
	case req.query["accessLevel"] == "ACCESSIBLE" && !e.permits(req.caller, Inspect, c.id):
		return false
	case req.query["name"] != "" && req.query["name"] != c.name:
		return false
	default:
		state := req.query["lifecycleState"]
		return state == "" || strings.EqualFold(state, c.state)
	}
}

func (c *compartment) body(req request) compartmentJSON {
	body := compartmentJSON{
		ID: c.id, CompartmentID: c.parent, Name: c.name, Description: c.description,
		TimeCreated: timestamp(c.created), LifecycleState: c.state,
		FreeformTags: orEmpty(c.freeformTags), DefinedTags: orEmpty(c.definedTags),
	}
	if req.query["accessLevel"] == "ACCESSIBLE" {
		accessible := true
		body.IsAccessible = &accessible
	}
	return body
}

// orEmpty makes an absent map {} and not null, as OCI has tags.
func orEmpty[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}
