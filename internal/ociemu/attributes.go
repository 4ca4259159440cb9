package ociemu

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Attribute sets something that is optional when a resource or a version is added.
// Attributes that the resource does not have are ignored.
type Attribute func(*attributes)

type attributes struct {
	id           string
	description  string
	keyID        string
	versionName  string
	created      time.Time
	freeformTags map[string]string
	definedTags  map[string]map[string]any
	metadata     map[string]any
	rules        []Rule
}

func collect(attrs []Attribute) attributes {
	var a attributes
	for _, set := range attrs {
		set(&a)
	}
	return a
}

// WithID gives a resource this OCID in place of a derived one.
func WithID(ocid string) Attribute { return func(a *attributes) { a.id = ocid } }

// WithDescription sets the description.
func WithDescription(text string) Attribute { return func(a *attributes) { a.description = text } }

// WithKeyID sets the OCID of the key that encrypts a secret. The default is the
// vault's own key.
func WithKeyID(ocid string) Attribute { return func(a *attributes) { a.keyID = ocid } }

// WithVersionName names the version. Names are unique within a secret.
func WithVersionName(name string) Attribute { return func(a *attributes) { a.versionName = name } }

// WithTimeCreated sets the time of creation in place of the emulator's present.
func WithTimeCreated(t time.Time) Attribute { return func(a *attributes) { a.created = t } }

// WithFreeformTags sets the freeform tags.
func WithFreeformTags(tags map[string]string) Attribute {
	return func(a *attributes) { a.freeformTags = maps.Clone(tags) }
}

// WithDefinedTags sets the defined tags, by namespace and key.
func WithDefinedTags(tags map[string]map[string]any) Attribute {
	return func(a *attributes) { a.definedTags = cloneDefinedTags(tags) }
}

// WithMetadata sets the metadata that the owner of a secret attaches to it.
func WithMetadata(metadata map[string]any) Attribute {
	return func(a *attributes) { a.metadata = maps.Clone(metadata) }
}

// WithRules sets the rules of a secret.
func WithRules(rules ...Rule) Attribute {
	return func(a *attributes) { a.rules = slices.Clone(rules) }
}

func cloneDefinedTags(tags map[string]map[string]any) map[string]map[string]any {
	clone := maps.Clone(tags)
	for namespace, values := range clone {
		clone[namespace] = maps.Clone(values)
	}
	return clone
}

// claimID gives a resource its OCID and its place in the order of creation. The
// state is locked.
func (e *Emulator) claimID(kind, wanted string) (id string, sequence int64, err error) {
	sequence = e.nextSequence()
	if wanted == "" {
		return newOCID(kind, e.settings.region, sequence), sequence, nil
	}
	if !isOCIDOf(wanted, kind) {
		return "", 0, fmt.Errorf("%w: %q is no OCID of a %s", ErrInvalid, wanted, kind)
	}
	if e.users[wanted] != nil || e.compartments[wanted] != nil || e.vaults[wanted] != nil || e.secrets[wanted] != nil {
		return "", 0, fmt.Errorf("%w: %s exists already", ErrConflict, wanted)
	}
	return wanted, sequence, nil
}

func (e *Emulator) createdAt(a attributes) time.Time {
	if a.created.IsZero() {
		return e.settings.clock()
	}
	return a.created
}
