package ociemu

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"
)

var secretStates = []string{
	"CREATING", "ACTIVE", "UPDATING", "SCHEDULING_DELETION", statePendingDeletion,
	"CANCELLING_DELETION", "DELETING", "DELETED", "FAILED",
}

const (
	stateActive          = "ACTIVE"
	statePendingDeletion = "PENDING_DELETION"
)

// MaxContentBytes is how long the content of a version may be, before BASE64.
const MaxContentBytes = 25 * 1024

// MaxActiveVersions is how many versions of a secret may exist that are not
// scheduled for deletion.
const MaxActiveVersions = 30

type secret struct {
	id, compartment, vault, keyID, name, description string

	state          string
	created        time.Time
	sequence       int64
	timeOfDeletion time.Time
	freeformTags   map[string]string
	definedTags    map[string]map[string]any
	metadata       map[string]any
	rules          []Rule
	rotation       *RotationConfig // nil when OCI does not rotate it
	versions       []*version      // in ascending order of number
	lastNumber     int64
	current        int64
	pending        int64 // 0 when no version is pending
	previous       int64 // 0 when no version is the previous one
	revision       int64 // counts changes, for the etag
}

type version struct {
	number         int64
	name           string
	raw            string // as it stands in the bundle: BASE64 unless a test wants it broken
	noContent      bool
	created        time.Time
	timeOfDeletion time.Time
}

// AddSecret adds a secret with its first version, which is CURRENT and LATEST,
// and returns its OCID. The name is [A-Za-z0-9_.-]{1,255} and unique in the
// vault; content is at most [MaxContentBytes] long. The secret may live in
// another compartment than its vault.
func (e *Emulator) AddSecret(compartmentID, vaultID, name string, content []byte, attrs ...Attribute) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.vaults[vaultID]
	switch {
	case v == nil:
		return "", fmt.Errorf("%w: vault %s", ErrNotFound, vaultID)
	case e.compartments[compartmentID] == nil:
		return "", fmt.Errorf("%w: compartment %s", ErrNotFound, compartmentID)
	}
	if err := e.checkSecretName(vaultID, name); err != nil {
		return "", err
	}
	a := collect(attrs)
	if err := validateRules(a.rules); err != nil {
		return "", err
	}
	s := &secret{
		compartment: compartmentID, vault: vaultID, name: name, state: stateActive,
		keyID: cmp.Or(a.keyID, v.keyID), description: a.description, created: e.createdAt(a),
		freeformTags: a.freeformTags, definedTags: a.definedTags, metadata: a.metadata, rules: a.rules,
	}
	added, err := s.addVersion(content, a.versionName, s.created)
	if err != nil {
		return "", err
	}
	s.current = added.number
	if s.id, s.sequence, err = e.claimID(kindSecret, a.id); err != nil {
		return "", err
	}
	e.secrets[s.id] = s
	return s.id, nil
}

func (e *Emulator) checkSecretName(vaultID, name string) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%w: secret name %q, want [A-Za-z0-9_.-]{1,255}", ErrInvalid, name)
	}
	for _, s := range e.secrets {
		if s.vault == vaultID && s.name == name && !s.gone(e.settings.clock()) {
			return fmt.Errorf("%w: the vault has a secret %s already", ErrConflict, name)
		}
	}
	return nil
}

func (s *secret) addVersion(content []byte, name string, created time.Time) (*version, error) {
	if len(content) > MaxContentBytes {
		return nil, fmt.Errorf("%w: content of %d bytes, at most %d are allowed", ErrLimit, len(content), MaxContentBytes)
	}
	if name != "" && !namePattern.MatchString(name) {
		return nil, fmt.Errorf("%w: version name %q, want [A-Za-z0-9_.-]{1,255}", ErrInvalid, name)
	}
	active := 0
	for _, v := range s.versions {
		if name != "" && v.name == name {
			return nil, fmt.Errorf("%w: the secret has a version named %s already", ErrConflict, name)
		}
		if v.timeOfDeletion.IsZero() {
			active++
		}
	}
	if active >= MaxActiveVersions {
		return nil, fmt.Errorf("%w: a secret has at most %d active versions", ErrLimit, MaxActiveVersions)
	}
	s.lastNumber++
	added := &version{
		number: s.lastNumber, name: name, raw: base64.StdEncoding.EncodeToString(content), created: created,
	}
	s.versions = append(s.versions, added)
	return added, nil
}

// stages are the rotation stages of a version.
func (s *secret) stages(v *version) []string {
	var stages []string
	for _, stage := range []struct {
		name   string
		number int64
	}{{"CURRENT", s.current}, {"PENDING", s.pending}, {"LATEST", s.latest()}, {"PREVIOUS", s.previous}} {
		if stage.number == v.number {
			stages = append(stages, stage.name)
		}
	}
	if len(stages) == 0 {
		stages = append(stages, "DEPRECATED")
	}
	return stages
}

func (s *secret) latest() int64 {
	if len(s.versions) == 0 {
		return 0
	}
	return s.versions[len(s.versions)-1].number
}

func (s *secret) version(number int64) *version {
	at := slices.IndexFunc(s.versions, func(v *version) bool { return v.number == number })
	if at < 0 {
		return nil
	}
	return s.versions[at]
}

// gone tells whether the time of deletion has passed.
func (s *secret) gone(now time.Time) bool { return past(s.timeOfDeletion, now) }

func past(deletion, now time.Time) bool { return !deletion.IsZero() && !now.Before(deletion) }

// changeSecret finds a secret, changes it and gives it a new etag.
func (e *Emulator) changeSecret(secretID string, change func(*secret) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.secrets[secretID]
	if s == nil || s.gone(e.settings.clock()) {
		return fmt.Errorf("%w: secret %s", ErrNotFound, secretID)
	}
	if err := change(s); err != nil {
		return err
	}
	s.revision++
	return nil
}

// Rename gives a secret another name. OCI itself cannot do this to a secret; it
// stands for a secret that was deleted and made anew.
func (e *Emulator) Rename(secretID, name string) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if s.name == name {
			return nil
		}
		if err := e.checkSecretName(s.vault, name); err != nil {
			return err
		}
		s.name = name
		return nil
	})
}

// MoveCompartment moves a secret to another compartment.
func (e *Emulator) MoveCompartment(secretID, compartmentID string) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if e.compartments[compartmentID] == nil {
			return fmt.Errorf("%w: compartment %s", ErrNotFound, compartmentID)
		}
		s.compartment = compartmentID
		return nil
	})
}

// SetDescription sets the description of a secret.
func (e *Emulator) SetDescription(secretID, text string) error {
	return e.changeSecret(secretID, func(s *secret) error { s.description = text; return nil })
}

// SetFreeformTags replaces the freeform tags of a secret.
func (e *Emulator) SetFreeformTags(secretID string, tags map[string]string) error {
	return e.changeSecret(secretID, func(s *secret) error { s.freeformTags = maps.Clone(tags); return nil })
}

// SetDefinedTags replaces the defined tags of a secret, by namespace and key.
func (e *Emulator) SetDefinedTags(secretID string, tags map[string]map[string]any) error {
	return e.changeSecret(secretID, func(s *secret) error { s.definedTags = cloneDefinedTags(tags); return nil })
}

// SetMetadata replaces the metadata of a secret.
func (e *Emulator) SetMetadata(secretID string, metadata map[string]any) error {
	return e.changeSecret(secretID, func(s *secret) error { s.metadata = maps.Clone(metadata); return nil })
}

// SetRules replaces the rules of a secret. Times may lie in the past.
func (e *Emulator) SetRules(secretID string, rules ...Rule) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if err := validateRules(rules); err != nil {
			return err
		}
		s.rules = slices.Clone(rules)
		return nil
	})
}

// BlockRetrieval replaces the rules of a secret by an expiry rule whose time has
// passed and that blocks the content.
func (e *Emulator) BlockRetrieval(secretID string) error {
	expired := e.settings.clock().Add(-time.Minute)
	return e.SetRules(secretID, Rule{Type: ExpiryRule, AbsoluteExpiry: expired, BlockRetrieval: true})
}
