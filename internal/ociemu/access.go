package ociemu

import "slices"

// Verb is a kind of access that [Emulator.Deny] refuses.
type Verb string

// The verbs, after those of OCI's policies.
const (
	// Inspect is seeing a resource in lists. Denied on a compartment, it makes
	// the lists of what is in it 404; denied on a vault or a secret, it leaves
	// the resource out.
	Inspect Verb = "inspect"
	// ReadMetadata is vault.GetSecret and the lists and details of versions.
	ReadMetadata Verb = "read-metadata"
	// ReadBundle is reading content.
	ReadBundle Verb = "read-bundle"
)

type denial struct {
	ocid string
	verb Verb
}

// Deny refuses a verb on a secret, on all secrets of a vault, or on everything in
// a compartment or tenancy and below it. The answer is 404
// NotAuthorizedOrNotFound, as if nothing were there.
func (e *Emulator) Deny(ocid string, verb Verb) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.denials[denial{ocid, verb}] = true
}

// Allow takes a [Emulator.Deny] back.
func (e *Emulator) Allow(ocid string, verb Verb) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.denials, denial{ocid, verb})
}

// permits tells whether the caller may use a verb on something in a compartment.
// The state is locked.
func (e *Emulator) permits(caller principal, verb Verb, compartmentID string, ids ...string) bool {
	chain := e.ancestry(compartmentID)
	if len(chain) == 0 || chain[len(chain)-1] != caller.tenancy {
		return false
	}
	return !e.denied(verb, chain...) && !e.denied(verb, ids...)
}

// denied tells whether a verb is refused on any of these OCIDs themselves.
func (e *Emulator) denied(verb Verb, ids ...string) bool {
	return len(e.denials) > 0 && slices.ContainsFunc(ids, func(id string) bool {
		return e.denials[denial{id, verb}]
	})
}

// permitsSecret is permits for a secret, which its vault can deny as well.
func (e *Emulator) permitsSecret(caller principal, verb Verb, s *secret) bool {
	return e.permits(caller, verb, s.compartment, s.id, s.vault)
}
