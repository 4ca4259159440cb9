package openbao_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestContractEngine(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := kvMount(t, c, migrate.KV2)
	_, err := c.Engine(ctx, "", unique("missing"))
	if !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("a missing mount: %v", err)
	}
	_, err = c.Engine(ctx, "", mount+"/inner")
	if !errors.Is(err, migrate.ErrMountNotFound) || !strings.Contains(err.Error(), `"`+mount+`"`) {
		t.Errorf("a path inside a mount: %v", err)
	}
	if covering, err := c.MountOf(ctx, "", "/"+mount+"/inner/deep"); err != nil || covering != mount {
		t.Errorf("the mount of a path inside is %q, %v", covering, err)
	}
	if _, err := c.MountOf(ctx, "", unique("missing")); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("the mount of nothing: %v", err)
	}
	_, err = c.Engine(ctx, "", "sys")
	if !errors.Is(err, migrate.ErrMountType) {
		t.Errorf("another type: %v", err)
	}
	for _, bad := range []string{"", "/kv", "kv/", "a//b", "a/../b", "a\tb", " a"} {
		if _, err := c.Engine(ctx, "", bad); err == nil {
			t.Errorf("mount %q passes", bad)
		}
	}

	// A token without any right below the mount, and one that manages mounts only.
	lone := loginWith(t, c, `path "auth/token/lookup-self" { capabilities = ["read"] }`)
	if _, err := lone.Engine(ctx, "", mount); !errors.Is(err, migrate.ErrMountNotFound) || !errors.Is(err, migrate.ErrPermissionDenied) {
		t.Errorf("a mount out of reach: %v", err)
	}
	manager := loginWith(t, c, `path "sys/mounts/*" { capabilities = ["read"] }`)
	engine, err := manager.Engine(ctx, "", mount)
	if err != nil || engine != migrate.KV2 {
		t.Errorf("through sys/mounts: %v, %v", engine, err)
	}
	if _, err := manager.Engine(ctx, "", mount+"/inner"); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("inside a mount, through sys/mounts: %v", err)
	}
	if _, err := manager.Engine(ctx, "", unique("missing")); !errors.Is(err, migrate.ErrMountNotFound) || errors.Is(err, migrate.ErrPermissionDenied) {
		t.Errorf("missing, through sys/mounts: %v", err)
	}
	dead := client(t, func(config *openbao.Config) { config.Token = secret("s.surelynotatoken0000000") })
	if _, err := dead.Engine(ctx, "", mount); !errors.Is(err, migrate.ErrPermissionDenied) {
		t.Errorf("a dead token: %v", err)
	}
}

func TestContractKVMount(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := openbao.KVMount{
		Path: unique("deep") + "/kv", Engine: migrate.KV2, Description: "first", DefaultLeaseTTL: 3600, MaxLeaseTTL: 7200,
		ListingVisibility: "hidden", MaxVersions: 5, CASRequired: true, DeleteVersionAfter: 86400,
	}
	mustNot(t, c.CreateKVMount(ctx, mount))
	if err := c.CreateKVMount(ctx, mount); !errors.Is(err, openbao.ErrConflict) {
		t.Errorf("mounted twice: %v", err)
	}
	read := func() openbao.KVMount {
		t.Helper()
		got, err := c.ReadKVMount(ctx, "", mount.Path)
		mustNot(t, err)
		if got.Accessor == "" {
			t.Error("no accessor")
		}
		got.Accessor = ""
		return got
	}
	if got := read(); got != mount {
		t.Errorf("read %+v, created %+v", got, mount)
	}
	at := migrate.Location{Mount: mount.Path, Name: "timed"}
	v, err := c.Write(ctx, at, migrate.KV2, secret(`{"a":"b"}`), 0)
	mustNot(t, err)
	if v.Deleted {
		t.Error("a deletion time to come counts as deleted")
	}
	entry, err := c.Read(ctx, at, migrate.KV2, 0)
	mustNot(t, err)
	metadata, err := c.Metadata(ctx, at)
	mustNot(t, err)
	if entry.Version.Deleted || metadata.CurrentVersion.Deleted {
		t.Error("a deletion time to come counts as deleted")
	}

	mount.Description, mount.DefaultLeaseTTL, mount.MaxLeaseTTL, mount.ListingVisibility = "", 0, 0, ""
	mount.MaxVersions, mount.CASRequired, mount.DeleteVersionAfter = 0, false, 0
	mustNot(t, c.TuneKVMount(ctx, mount))
	if got := read(); got != mount {
		t.Errorf("read %+v, tuned to %+v", got, mount)
	}
	if err := c.TuneKVMount(ctx, openbao.KVMount{Path: mount.Path + "/inner", Engine: migrate.KV1}); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("tuning inside a mount: %v", err)
	}
	if holds, err := c.HasSecrets(ctx, "", mount.Path, migrate.KV2); err != nil || !holds {
		t.Errorf("holds secrets: %v, %v", holds, err)
	}
	mustNot(t, c.DeleteKVMount(ctx, "", mount.Path))
	if err := c.DeleteKVMount(ctx, "", mount.Path); err != nil {
		t.Errorf("unmounted twice: %v", err)
	}
	if _, err := c.ReadKVMount(ctx, "", mount.Path); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("read of an unmounted one: %v", err)
	}
	if _, err := c.Read(ctx, at, migrate.KV2, 0); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("secret below an unmounted one: %v", err)
	}
}

func TestContractUpgradeKV(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := kvMount(t, c, migrate.KV1)
	at := migrate.Location{Mount: mount, Name: "kept"}
	_, err := c.Write(ctx, at, migrate.KV1, secret(`{"a":"b"}`), 0)
	mustNot(t, err)
	mustNot(t, c.UpgradeKV(ctx, "", mount))
	engine, err := c.Engine(ctx, "", mount)
	mustNot(t, err)
	if engine != migrate.KV2 {
		t.Fatalf("engine is %d after the upgrade", engine)
	}
	entry, err := c.Read(ctx, at, engine, 0)
	mustNot(t, err)
	sameJSON(t, entry.Fields.Reveal(), `{"a":"b"}`)
}
