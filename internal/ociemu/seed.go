package ociemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Seed is the content of an emulator as a document. Names refer to what stands
// before in it; an OCID that is left out is derived.
type Seed struct {
	Tenancy      SeedTenancy       `json:"tenancy"`
	Users        []SeedUser        `json:"users,omitempty"`
	Compartments []SeedCompartment `json:"compartments,omitempty"`
	Vaults       []SeedVault       `json:"vaults,omitempty"`
	Secrets      []SeedSecret      `json:"secrets,omitempty"`
}

// SeedTenancy is the tenancy, which is the root compartment.
type SeedTenancy struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// SeedUser is a user with the public keys (PEM) of the user's API keys.
type SeedUser struct {
	ID         string   `json:"id,omitempty"`
	Name       string   `json:"name"`
	PublicKeys []string `json:"public_keys,omitempty"`
}

// SeedCompartment is a compartment. Names are unique in a seed.
type SeedCompartment struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	Parent      string `json:"parent,omitempty"` // name of a compartment; empty for the tenancy
	Description string `json:"description,omitempty"`
}

// SeedVault is a vault. Names are unique in a seed.
type SeedVault struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	Compartment string `json:"compartment,omitempty"` // name of a compartment; empty for the tenancy
}

// SeedSecret is a secret with at least one version.
type SeedSecret struct {
	ID             string                    `json:"id,omitempty"`
	Name           string                    `json:"name"`
	Vault          string                    `json:"vault"`                 // name of a vault
	Compartment    string                    `json:"compartment,omitempty"` // name; empty for the vault's
	Description    string                    `json:"description,omitempty"`
	FreeformTags   map[string]string         `json:"freeform_tags,omitempty"`
	DefinedTags    map[string]map[string]any `json:"defined_tags,omitempty"`
	Metadata       map[string]any            `json:"metadata,omitempty"`
	Rules          []Rule                    `json:"rules,omitempty"`
	Rotation       *RotationConfig           `json:"rotation,omitempty"`
	Versions       []SeedVersion             `json:"versions"`                  // oldest first; the last that is not pending is CURRENT
	TimeOfDeletion time.Time                 `json:"time_of_deletion,omitzero"` // schedules the deletion
}

// SeedVersion is a version; its content is either text or binary, the latter as
// BASE64 in JSON.
type SeedVersion struct {
	Name    string `json:"name,omitempty"`
	Content string `json:"content,omitempty"`
	Binary  []byte `json:"binary,omitempty"`
	Pending bool   `json:"pending,omitempty"` // stage PENDING in place of CURRENT; not for the first version
}

// Loaded maps the names in a [Seed] to what the emulator made of them.
type Loaded struct {
	TenancyID    string              `json:"tenancy_id"`
	Users        map[string]string   `json:"users"`        // OCIDs
	Fingerprints map[string][]string `json:"fingerprints"` // by user, in the order of the public keys
	Compartments map[string]string   `json:"compartments"` // OCIDs
	Vaults       map[string]string   `json:"vaults"`       // OCIDs
	Secrets      map[string]string   `json:"secrets"`      // OCIDs, by "<vault>/<secret>"
}

// Load reads a [Seed] as JSON, in which every field must be known, and applies it.
func (e *Emulator) Load(r io.Reader) (Loaded, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var seed Seed
	if err := decoder.Decode(&seed); err != nil {
		return Loaded{}, fmt.Errorf("read the seed: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Loaded{}, fmt.Errorf("read the seed: %w: something follows the document", ErrInvalid)
	}
	return e.Apply(seed)
}

// Apply adds a seed to what the emulator holds. After an error the emulator holds
// a part of it.
func (e *Emulator) Apply(seed Seed) (Loaded, error) {
	loaded := Loaded{
		Users: map[string]string{}, Fingerprints: map[string][]string{}, Compartments: map[string]string{},
		Vaults: map[string]string{}, Secrets: map[string]string{},
	}
	var err error
	if loaded.TenancyID, err = e.AddTenancy(seed.Tenancy.Name, WithID(seed.Tenancy.ID)); err != nil {
		return loaded, fmt.Errorf("tenancy %q: %w", seed.Tenancy.Name, err)
	}
	for _, u := range seed.Users {
		if err := e.applyUser(u, &loaded); err != nil {
			return loaded, fmt.Errorf("user %q: %w", u.Name, err)
		}
	}
	for _, c := range seed.Compartments {
		if err := e.applyCompartment(c, &loaded); err != nil {
			return loaded, fmt.Errorf("compartment %q: %w", c.Name, err)
		}
	}
	compartmentOf := map[string]string{}
	for _, v := range seed.Vaults {
		if err := e.applyVault(v, &loaded); err != nil {
			return loaded, fmt.Errorf("vault %q: %w", v.Name, err)
		}
		compartmentOf[v.Name] = v.Compartment
	}
	for _, s := range seed.Secrets {
		if s.Compartment == "" {
			s.Compartment = compartmentOf[s.Vault]
		}
		if err := e.applySecret(s, &loaded); err != nil {
			return loaded, fmt.Errorf("secret %q: %w", s.Name, err)
		}
	}
	return loaded, nil
}

func (e *Emulator) applyUser(u SeedUser, loaded *Loaded) error {
	id, err := e.AddUser(loaded.TenancyID, u.Name, WithID(u.ID))
	if err != nil {
		return err
	}
	loaded.Users[u.Name] = id
	for _, key := range u.PublicKeys {
		fingerprint, err := e.AddAPIKey(id, key)
		if err != nil {
			return err
		}
		loaded.Fingerprints[u.Name] = append(loaded.Fingerprints[u.Name], fingerprint)
	}
	return nil
}

func (e *Emulator) applyCompartment(c SeedCompartment, loaded *Loaded) error {
	if _, again := loaded.Compartments[c.Name]; again {
		return fmt.Errorf("%w: the name is there already", ErrConflict)
	}
	parent, err := loaded.compartment(c.Parent)
	if err != nil {
		return err
	}
	loaded.Compartments[c.Name], err = e.AddCompartment(parent, c.Name, WithID(c.ID), WithDescription(c.Description))
	return err
}

func (e *Emulator) applyVault(v SeedVault, loaded *Loaded) error {
	if _, again := loaded.Vaults[v.Name]; again {
		return fmt.Errorf("%w: the name is there already", ErrConflict)
	}
	compartment, err := loaded.compartment(v.Compartment)
	if err != nil {
		return err
	}
	loaded.Vaults[v.Name], err = e.AddVault(compartment, v.Name, WithID(v.ID))
	return err
}

func (e *Emulator) applySecret(s SeedSecret, loaded *Loaded) error {
	vault, known := loaded.Vaults[s.Vault]
	if !known {
		return fmt.Errorf("%w: vault %q", ErrNotFound, s.Vault)
	}
	compartment, err := loaded.compartment(s.Compartment)
	if err != nil {
		return err
	}
	if len(s.Versions) == 0 || s.Versions[0].Pending {
		return fmt.Errorf("%w: the first version is missing or pending", ErrInvalid)
	}
	var id string
	for i, v := range s.Versions {
		content, err := v.bytes()
		switch {
		case err != nil:
		case i == 0:
			id, err = e.AddSecret(compartment, vault, s.Name, content,
				WithID(s.ID), WithDescription(s.Description), WithFreeformTags(s.FreeformTags),
				WithDefinedTags(s.DefinedTags), WithMetadata(s.Metadata), WithRules(s.Rules...), WithVersionName(v.Name))
		case v.Pending:
			_, err = e.AddPendingVersion(id, content, WithVersionName(v.Name))
		default:
			_, err = e.AddVersion(id, content, WithVersionName(v.Name))
		}
		if err != nil {
			return fmt.Errorf("version %d: %w", i+1, err)
		}
	}
	loaded.Secrets[s.Vault+"/"+s.Name] = id
	if s.Rotation != nil {
		if err := e.SetRotation(id, s.Rotation); err != nil {
			return err
		}
	}
	if s.TimeOfDeletion.IsZero() {
		return nil
	}
	return e.ScheduleDeletion(id, s.TimeOfDeletion)
}

func (v SeedVersion) bytes() ([]byte, error) {
	if v.Content != "" && len(v.Binary) > 0 {
		return nil, fmt.Errorf("%w: both content and binary are given", ErrInvalid)
	}
	if len(v.Binary) > 0 {
		return v.Binary, nil
	}
	return []byte(v.Content), nil
}

// compartment finds a compartment by name; the empty name is the tenancy.
func (l Loaded) compartment(name string) (string, error) {
	if name == "" {
		return l.TenancyID, nil
	}
	id, known := l.Compartments[name]
	if !known {
		return "", fmt.Errorf("%w: compartment %q", ErrNotFound, name)
	}
	return id, nil
}
