// Package migratetest has in-memory ports for tests of the migration core. They
// keep the rules of the real ones, which the contract tests of the adapters
// check against the same expectations.
package migratetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Source is an in-memory OCI Vault.
type Source struct {
	mu      sync.Mutex
	secrets map[string]*sourceSecret
	// Calls are the calls made, as "Describe <OCID>" and so on.
	Calls []string
	// Fail, when set, may answer a call with an error before anything happens.
	Fail func(call string) error
}

type sourceSecret struct {
	meta     migrate.SourceSecret
	versions []migrate.SourceVersion
	contents map[int64][]byte
	blocked  bool
}

// NewSource is an empty vault.
func NewSource() *Source { return &Source{secrets: map[string]*sourceSecret{}} }

// Add puts a secret with one version there.
func (s *Source) Add(id, name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[id] = &sourceSecret{
		meta:     migrate.SourceSecret{ID: id, Name: name, LifecycleState: migrate.StateActive, CurrentVersionNumber: 1},
		versions: []migrate.SourceVersion{{Number: 1, Stages: []string{"CURRENT", "LATEST"}}},
		contents: map[int64][]byte{1: content},
	}
}

// Rotate adds a version that becomes the current one and returns its number.
func (s *Source) Rotate(id string, content []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := s.secrets[id]
	number := int64(len(secret.versions) + 1)
	for i, version := range secret.versions {
		secret.versions[i].Stages = []string{"DEPRECATED"}
		if slices.Contains(version.Stages, "CURRENT") {
			secret.versions[i].Stages = []string{"PREVIOUS"}
		}
	}
	secret.versions = append(secret.versions, migrate.SourceVersion{Number: number, Stages: []string{"CURRENT", "LATEST"}})
	secret.contents[number] = content
	secret.meta.CurrentVersionNumber, secret.meta.TimeOfCurrentExpiry = number, time.Time{}
	return number
}

// Change edits the metadata of a secret.
func (s *Source) Change(id string, edit func(*migrate.SourceSecret)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.secrets[id].meta)
}

// Expire lets the current version of a secret expire at a time; zero for never.
func (s *Source) Expire(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := s.secrets[id]
	secret.meta.TimeOfCurrentExpiry = at
	secret.versions[secret.meta.CurrentVersionNumber-1].TimeOfExpiry = at
}

// Remove makes a secret vanish.
func (s *Source) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.secrets, id)
}

// Block puts the content of a secret out of reach.
func (s *Source) Block(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[id].blocked = true
}

func (s *Source) begin(ctx context.Context, call string, id string) (*sourceSecret, error) {
	s.Calls = append(s.Calls, call+" "+id)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.Fail != nil {
		if err := s.Fail(call); err != nil {
			return nil, err
		}
	}
	secret, exists := s.secrets[id]
	if !exists {
		return nil, fmt.Errorf("%s %s: %w", call, id, migrate.ErrSourceNotFound)
	}
	return secret, nil
}

// Describe implements migrate.Source.
func (s *Source) Describe(ctx context.Context, id string) (migrate.SourceSecret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.begin(ctx, "Describe", id)
	if err != nil {
		return migrate.SourceSecret{}, err
	}
	return secret.meta, nil
}

// Versions implements migrate.Source.
func (s *Source) Versions(ctx context.Context, id string) ([]migrate.SourceVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.begin(ctx, "Versions", id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(secret.versions), nil
}

// Bundle implements migrate.Source.
func (s *Source) Bundle(ctx context.Context, id string, selector migrate.Selector) (migrate.Bundle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, err := s.begin(ctx, "Bundle", id)
	if err != nil {
		return migrate.Bundle{}, err
	}
	if secret.blocked {
		return migrate.Bundle{}, migrate.ErrRetrievalBlocked
	}
	if secret.meta.LifecycleState != migrate.StateActive {
		return migrate.Bundle{}, migrate.ErrPendingDeletion
	}
	stage := selector.Stage
	if stage == "" {
		stage = migrate.StageCurrent
	}
	for _, version := range secret.versions {
		if version.Number == selector.VersionNumber || selector.VersionNumber == 0 && slices.Contains(version.Stages, stage) {
			return migrate.Bundle{
				SecretID: id, Version: version, ContentType: "BASE64",
				Content: migrate.NewSecret(slices.Clone(secret.contents[version.Number])),
			}, nil
		}
	}
	return migrate.Bundle{}, migrate.ErrSourceVersionNotFound
}

// Clock is a clock that moves when somebody sleeps.
type Clock struct {
	mu  sync.Mutex
	now time.Time
	// Slept is the time slept so far.
	Slept time.Duration
}

// NewClock starts at a fixed time.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Now implements migrate.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep implements migrate.Clock: it returns at once, d later.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.Slept += d
	return ctx.Err()
}
