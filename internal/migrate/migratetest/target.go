package migratetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Target is an in-memory OpenBao with KV engines.
type Target struct {
	mu     sync.Mutex
	clock  migrate.Clock
	mounts map[string]migrate.Engine
	kv     map[migrate.Location]*kvSecret
	// Calls are the calls made, as "Write mount/name" and so on.
	Calls []string
	// Fail, when set, may answer a call with an error before anything happens.
	Fail func(call string) error
	// After, when set, may replace the answer of a call that took effect.
	After func(call string) error
	// StaleReads is how many of the next reads answer as if the last write had
	// not happened, as a standby does.
	StaleReads int
	// KeepsAll is a mount whose configuration forbids deletion times.
	KeepsAll bool
}

type kvSecret struct {
	versions []kvVersion // KV v1: at most one
	custom   map[string]string
	after    time.Duration // until new versions are deleted; 0 for never
}

type kvVersion struct {
	migrate.KVVersion
	fields []byte
}

// NewTarget has no mounts.
func NewTarget(clock migrate.Clock) *Target {
	return &Target{clock: clock, mounts: map[string]migrate.Engine{}, kv: map[migrate.Location]*kvSecret{}}
}

// Mount mounts an engine; 0 unmounts, with all that is there.
func (t *Target) Mount(path string, engine migrate.Engine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.mounts, path)
	if engine != 0 {
		t.mounts[path] = engine
		return
	}
	maps.DeleteFunc(t.kv, func(at migrate.Location, _ *kvSecret) bool { return at.Mount == path })
}

// Put writes as somebody else would.
func (t *Target) Put(at migrate.Location, fields string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store(at, t.mounts[at.Mount], []byte(fields))
}

// SetCustom replaces custom metadata as somebody else would.
func (t *Target) SetCustom(at migrate.Location, custom map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kv[at].custom = custom
}

// Edit lets a test change the current version.
func (t *Target) Edit(at migrate.Location, edit func(*migrate.KVVersion)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	versions := t.kv[at].versions
	edit(&versions[len(versions)-1].KVVersion)
}

// Fields is the current value; "" when there is none.
func (t *Target) Fields(at migrate.Location) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	secret, exists := t.kv[at]
	if !exists || len(secret.versions) == 0 {
		return ""
	}
	return string(secret.versions[len(secret.versions)-1].fields)
}

// VersionCount is the number of KV v2 versions ever written at a path.
func (t *Target) VersionCount(at migrate.Location) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if secret, exists := t.kv[at]; exists {
		return len(secret.versions)
	}
	return 0
}

// Custom is the custom metadata at a path.
func (t *Target) Custom(at migrate.Location) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if secret, exists := t.kv[at]; exists {
		return maps.Clone(secret.custom)
	}
	return nil
}

// Count is how many calls of a kind were made.
func (t *Target) Count(call string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	count := 0
	for _, made := range t.Calls {
		if len(made) > len(call) && made[:len(call)+1] == call+" " {
			count++
		}
	}
	return count
}

func (t *Target) begin(ctx context.Context, call string, at migrate.Location) error {
	t.Calls = append(t.Calls, call+" "+at.String())
	if err := ctx.Err(); err != nil {
		return err
	}
	if t.Fail != nil {
		if err := t.Fail(call); err != nil {
			return err
		}
	}
	if _, mounted := t.mounts[at.Mount]; !mounted {
		return migrate.ErrMountNotFound
	}
	return nil
}

func (t *Target) end(call string) error {
	if t.After != nil {
		return t.After(call)
	}
	return nil
}

func (t *Target) store(at migrate.Location, engine migrate.Engine, fields []byte) migrate.KVVersion {
	secret := t.kv[at]
	if secret == nil {
		secret = &kvSecret{}
		t.kv[at] = secret
	}
	if engine == migrate.KV1 {
		secret.versions = []kvVersion{{fields: fields}}
		return migrate.KVVersion{}
	}
	version := migrate.KVVersion{Number: int64(len(secret.versions) + 1), CreatedTime: t.clock.Now()}
	if secret.after > 0 && !t.KeepsAll {
		version.DeletionTime = version.CreatedTime.Add(secret.after)
	}
	secret.versions = append(secret.versions, kvVersion{version, fields})
	return version
}

// Engine implements migrate.Target.
func (t *Target) Engine(ctx context.Context, _, mount string) (migrate.Engine, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "Engine", migrate.Location{Mount: mount}); err != nil {
		return 0, err
	}
	return t.mounts[mount], nil
}

// Read implements migrate.Target.
func (t *Target) Read(ctx context.Context, at migrate.Location, _ migrate.Engine, number int64) (migrate.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "Read", at); err != nil {
		return migrate.Entry{}, err
	}
	secret, exists := t.kv[at]
	if !exists || len(secret.versions) == 0 {
		return migrate.Entry{}, migrate.ErrDestinationNotFound
	}
	versions := secret.versions
	if t.StaleReads > 0 {
		t.StaleReads--
		versions = versions[:len(versions)-1]
	}
	if number == 0 {
		number = int64(len(versions))
	}
	if number < 1 || number > int64(len(versions)) {
		return migrate.Entry{}, migrate.ErrDestinationNotFound
	}
	version := versions[number-1]
	t.age(&version.KVVersion)
	entry := migrate.Entry{Version: version.KVVersion, CustomMetadata: maps.Clone(secret.custom)}
	if !version.Deleted && !version.Destroyed {
		entry.Fields = migrate.NewSecret(slices.Clone(version.fields))
	}
	return entry, nil
}

// Metadata implements migrate.Target.
func (t *Target) Metadata(ctx context.Context, at migrate.Location) (migrate.KVMetadata, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "Metadata", at); err != nil {
		return migrate.KVMetadata{}, err
	}
	secret, exists := t.kv[at]
	if !exists {
		return migrate.KVMetadata{}, migrate.ErrDestinationNotFound
	}
	versions := secret.versions
	if t.StaleReads > 0 {
		t.StaleReads--
		versions = versions[:len(versions)-1]
	}
	metadata := migrate.KVMetadata{CustomMetadata: maps.Clone(secret.custom)}
	if len(versions) > 0 {
		metadata.CurrentVersion = versions[len(versions)-1].KVVersion
		t.age(&metadata.CurrentVersion)
	}
	return metadata, nil
}

// Write implements migrate.Target.
func (t *Target) Write(ctx context.Context, at migrate.Location, engine migrate.Engine, fields migrate.Secret, cas int64) (migrate.KVVersion, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "Write", at); err != nil {
		return migrate.KVVersion{}, err
	}
	var current int64
	if secret, exists := t.kv[at]; exists {
		current = int64(len(secret.versions))
	}
	if engine == migrate.KV2 && cas != current {
		return migrate.KVVersion{}, fmt.Errorf("%w: %d is current", migrate.ErrCheckAndSet, current)
	}
	version := t.store(at, engine, slices.Clone(fields.Reveal()))
	return version, t.end("Write")
}

// PatchCustomMetadata implements migrate.Target.
func (t *Target) PatchCustomMetadata(ctx context.Context, at migrate.Location, changes map[string]*string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "PatchCustomMetadata", at); err != nil {
		return err
	}
	secret, exists := t.kv[at]
	if !exists {
		return migrate.ErrDestinationNotFound
	}
	merged := maps.Clone(secret.custom)
	if merged == nil {
		merged = map[string]string{}
	}
	for key, value := range changes {
		if value == nil {
			delete(merged, key)
			continue
		}
		merged[key] = *value
	}
	secret.custom = merged
	return t.end("PatchCustomMetadata")
}

// DeleteVersionsAfter implements migrate.Target.
func (t *Target) DeleteVersionsAfter(ctx context.Context, at migrate.Location, after time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "DeleteVersionsAfter", at); err != nil {
		return err
	}
	if t.kv[at] == nil {
		t.kv[at] = &kvSecret{}
	}
	t.kv[at].after = after
	return t.end("DeleteVersionsAfter")
}

// age marks a version deleted whose time has come.
func (t *Target) age(version *migrate.KVVersion) {
	if at := version.DeletionTime; !at.IsZero() && !at.After(t.clock.Now()) {
		version.Deleted = true
	}
}

// SoftDelete implements migrate.Target.
func (t *Target) SoftDelete(ctx context.Context, at migrate.Location) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "SoftDelete", at); err != nil {
		return err
	}
	if secret, exists := t.kv[at]; exists && len(secret.versions) > 0 {
		last := &secret.versions[len(secret.versions)-1]
		last.Deleted, last.DeletionTime = true, t.clock.Now()
	}
	return t.end("SoftDelete")
}

// Destroy implements migrate.Target.
func (t *Target) Destroy(ctx context.Context, at migrate.Location, _ migrate.Engine) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.begin(ctx, "Destroy", at); err != nil {
		return err
	}
	delete(t.kv, at)
	return t.end("Destroy")
}
