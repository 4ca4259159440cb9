package ociemu

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

var compartmentStates = []string{"CREATING", "ACTIVE", "INACTIVE", "DELETING", "DELETED"}

type user struct {
	tenancy string
	name    string
	keys    int
}

// compartment is a compartment or, without parent, a tenancy.
type compartment struct {
	id, parent, name, description string
	state                         string
	created                       time.Time
	sequence                      int64
	freeformTags                  map[string]string
	definedTags                   map[string]map[string]any
}

type vault struct {
	id, compartment, name, keyID string
	created                      time.Time
	sequence                     int64
	freeformTags                 map[string]string
	definedTags                  map[string]map[string]any
}

// AddTenancy adds a tenancy, which is its own root compartment, and returns its OCID.
func (e *Emulator) AddTenancy(name string, attrs ...Attribute) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id, err := e.addCompartment(kindTenancy, "", name, collect(attrs))
	if err == nil {
		e.tenancies = append(e.tenancies, id)
	}
	return id, err
}

// AddUser adds a user to a tenancy and returns the user's OCID.
func (e *Emulator) AddUser(tenancyID, name string, attrs ...Attribute) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.tenancies, tenancyID) {
		return "", fmt.Errorf("%w: tenancy %s", ErrNotFound, tenancyID)
	}
	id, _, err := e.claimID(kindUser, collect(attrs).id)
	if err != nil {
		return "", err
	}
	e.users[id] = &user{tenancy: tenancyID, name: name}
	return id, nil
}

// AddCompartment adds a compartment below a compartment or a tenancy and returns
// its OCID. Names are unique below one parent.
func (e *Emulator) AddCompartment(parentID, name string, attrs ...Attribute) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.compartments[parentID] == nil {
		return "", fmt.Errorf("%w: compartment %s", ErrNotFound, parentID)
	}
	for _, c := range e.compartments {
		if c.parent == parentID && c.name == name {
			return "", fmt.Errorf("%w: the compartment %s exists already", ErrConflict, name)
		}
	}
	return e.addCompartment(kindCompartment, parentID, name, collect(attrs))
}

func (e *Emulator) addCompartment(kind, parentID, name string, a attributes) (string, error) {
	if name == "" || len(name) > 100 {
		return "", fmt.Errorf("%w: a compartment's name has 1 to 100 characters", ErrInvalid)
	}
	id, sequence, err := e.claimID(kind, a.id)
	if err != nil {
		return "", err
	}
	e.compartments[id] = &compartment{
		id: id, parent: parentID, name: name, description: cmp.Or(a.description, name), state: "ACTIVE",
		created: e.createdAt(a), sequence: sequence, freeformTags: a.freeformTags, definedTags: a.definedTags,
	}
	return id, nil
}

// SetCompartmentState sets the lifecycle state of a compartment: CREATING,
// ACTIVE, INACTIVE, DELETING or DELETED. Lists show compartments in all states.
func (e *Emulator) SetCompartmentState(compartmentID, state string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.compartments[compartmentID]
	if c == nil {
		return fmt.Errorf("%w: compartment %s", ErrNotFound, compartmentID)
	}
	if !slices.Contains(compartmentStates, state) {
		return fmt.Errorf("%w: compartment state %q", ErrInvalid, state)
	}
	c.state = state
	return nil
}

// AddVault adds a vault to a compartment and returns its OCID.
func (e *Emulator) AddVault(compartmentID, name string, attrs ...Attribute) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.compartments[compartmentID] == nil {
		return "", fmt.Errorf("%w: compartment %s", ErrNotFound, compartmentID)
	}
	a := collect(attrs)
	id, sequence, err := e.claimID(kindVault, a.id)
	if err != nil {
		return "", err
	}
	e.vaults[id] = &vault{
		id: id, compartment: compartmentID, name: name, created: e.createdAt(a), sequence: sequence,
		keyID:        cmp.Or(a.keyID, newOCID(kindKey, e.settings.region, sequence)),
		freeformTags: a.freeformTags, definedTags: a.definedTags,
	}
	return id, nil
}

// ancestry lists a compartment and all above it, up to the tenancy, which comes last.
func (e *Emulator) ancestry(compartmentID string) []string {
	var ids []string
	for c := e.compartments[compartmentID]; c != nil; c = e.compartments[c.parent] {
		ids = append(ids, c.id)
	}
	return ids
}

// vaultHost is the part of a vault's OCID that its endpoints are named after.
func (v *vault) vaultHost() string {
	parts := strings.Split(v.id, ".")
	return parts[len(parts)-2]
}
