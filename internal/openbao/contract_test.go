package openbao_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	decode := func(raw []byte) any {
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if !reflect.DeepEqual(decode(got), decode([]byte(want))) {
		t.Errorf("fields are %s, want %s", got, want)
	}
}

func TestContractKV2(t *testing.T) {
	c, ctx := client(t), t.Context()
	at := migrate.Location{Mount: kvMount(t, c, migrate.KV2), Name: "team/a"}
	engine, err := c.Engine(ctx, "", at.Mount)
	mustNot(t, err)
	if engine != migrate.KV2 {
		t.Fatalf("engine is %d", engine)
	}
	if _, err := c.Read(ctx, at, engine, 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Fatalf("read of nothing: %v", err)
	}
	if _, err := c.Metadata(ctx, at); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Fatalf("metadata of nothing: %v", err)
	}
	const fields = `{"user":"a<b>&c","nested":{"list":[1,"2",null,true]},"text":"line\nline é \" \\"}`
	v, err := c.Write(ctx, at, engine, secret(fields), 0)
	mustNot(t, err)
	if v.Number != 1 || v.CreatedTime.IsZero() || v.Deleted || v.Destroyed {
		t.Errorf("version is %+v", v)
	}
	entry, err := c.Read(ctx, at, engine, 0)
	mustNot(t, err)
	sameJSON(t, entry.Fields.Reveal(), fields)
	if entry.Version != v {
		t.Errorf("read version %+v, wrote %+v", entry.Version, v)
	}

	if _, err := c.Write(ctx, at, engine, secret(`{"a":"b"}`), 0); !errors.Is(err, migrate.ErrCheckAndSet) {
		t.Errorf("second write with cas 0: %v", err)
	}
	v, err = c.Write(ctx, at, engine, secret(`{"a":"b"}`), 1)
	mustNot(t, err)
	if v.Number != 2 {
		t.Errorf("version is %+v", v)
	}
	old, err := c.Read(ctx, at, engine, 1)
	mustNot(t, err)
	sameJSON(t, old.Fields.Reveal(), fields)
	if _, err := c.Read(ctx, at, engine, 7); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of a missing version: %v", err)
	}

	text := func(s string) *string { return &s }
	mustNot(t, c.PatchCustomMetadata(ctx, at, map[string]*string{"one": text("1"), "two": text("2")}))
	mustNot(t, c.PatchCustomMetadata(ctx, at, map[string]*string{"one": nil, "three": text("3")}))
	mustNot(t, c.PatchCustomMetadata(ctx, at, nil))
	metadata, err := c.Metadata(ctx, at)
	mustNot(t, err)
	if want := map[string]string{"two": "2", "three": "3"}; !reflect.DeepEqual(metadata.CustomMetadata, want) {
		t.Errorf("custom metadata is %v", metadata.CustomMetadata)
	}
	if metadata.CurrentVersion != v {
		t.Errorf("metadata say %+v, wrote %+v", metadata.CurrentVersion, v)
	}
	entry, err = c.Read(ctx, at, engine, 0)
	mustNot(t, err)
	if entry.CustomMetadata["two"] != "2" {
		t.Errorf("read without custom metadata: %v", entry.CustomMetadata)
	}

	mustNot(t, c.SoftDelete(ctx, at))
	entry, err = c.Read(ctx, at, engine, 0)
	mustNot(t, err)
	if !entry.Version.Deleted || entry.Version.Number != 2 || entry.Fields.Len() != 0 {
		t.Errorf("deleted entry is %+v", entry)
	}
	metadata, err = c.Metadata(ctx, at)
	mustNot(t, err)
	if !metadata.CurrentVersion.Deleted {
		t.Errorf("metadata of a deleted version: %+v", metadata.CurrentVersion)
	}
	if _, err := c.Write(ctx, at, engine, secret(`{"a":"c"}`), 0); !errors.Is(err, migrate.ErrCheckAndSet) {
		t.Errorf("a soft-deleted secret counts as absent: %v", err)
	}
	_, err = c.Write(ctx, at, engine, secret(`{"a":"c"}`), 2)
	mustNot(t, err)

	mustNot(t, c.Destroy(ctx, at, engine))
	mustNot(t, c.Destroy(ctx, at, engine))
	if _, err := c.Read(ctx, at, engine, 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of a destroyed secret: %v", err)
	}
	if err := c.PatchCustomMetadata(ctx, at, map[string]*string{"a": text("b")}); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("patch of nothing: %v", err)
	}
}

func TestContractKV1(t *testing.T) {
	c, ctx := client(t), t.Context()
	at := migrate.Location{Mount: kvMount(t, c, migrate.KV1), Name: "a b/c"}
	engine, err := c.Engine(ctx, "", at.Mount)
	mustNot(t, err)
	if engine != migrate.KV1 {
		t.Fatalf("engine is %d", engine)
	}
	if _, err := c.Read(ctx, at, engine, 0); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Fatalf("read of nothing: %v", err)
	}
	// KV v1 keeps numbers digit for digit.
	const fields = `{"n":12345678901234567890.1200,"e":1e300,"ttl":"1h","s":"<&>"}`
	v, err := c.Write(ctx, at, engine, secret(fields), 7)
	mustNot(t, err)
	if v != (migrate.KVVersion{}) {
		t.Errorf("version is %+v", v)
	}
	entry, err := c.Read(ctx, at, engine, 0)
	mustNot(t, err)
	sameJSON(t, entry.Fields.Reveal(), fields)
	names, err := c.ListNames(ctx, "", at.Mount, engine, "", true)
	mustNot(t, err)
	if !reflect.DeepEqual(names, []string{"a b/c"}) {
		t.Errorf("names are %q", names)
	}
	mustNot(t, c.Destroy(ctx, at, engine))
	mustNot(t, c.Destroy(ctx, at, engine))
	if holds, err := c.HasSecrets(ctx, "", at.Mount, engine); err != nil || holds {
		t.Errorf("holds secrets: %v, %v", holds, err)
	}
}

// The server decodes KV v2 values into floating point when it reads them; the
// client passes on what it gets. A test, so that a change is noticed.
func TestContractKV2RoundsNumbers(t *testing.T) {
	c, ctx := client(t), t.Context()
	at := migrate.Location{Mount: kvMount(t, c, migrate.KV2), Name: "n"}
	_, err := c.Write(ctx, at, migrate.KV2, secret(`{"big":12345678901234567891,"plain":9007199254740991,"decimal":1.50}`), 0)
	mustNot(t, err)
	entry, err := c.Read(ctx, at, migrate.KV2, 0)
	mustNot(t, err)
	sameJSON(t, entry.Fields.Reveal(), `{"big":12345678901234567000,"plain":9007199254740991,"decimal":1.5}`)
}

func TestContractPaths(t *testing.T) {
	c, ctx := client(t), t.Context()
	names := []string{
		"with space", "per%cent", "per%2Fcent", "a?b=c", "a#b", "a+b", "a&b", "a;b", "a:b@c", "é/ü/日本", `quo"te`, "back\\slash",
		"data/metadata", "config", "*", "a=b,c", "~tilde", "[x]{y}", "trailing.", ".hidden",
	}
	if isOpenBao(t, c) {
		names = append(names, "a..b") // older servers take any two dots for a way up
	}
	for _, engine := range []migrate.Engine{migrate.KV1, migrate.KV2} {
		mount := kvMount(t, c, engine)
		for _, name := range names {
			mustNot(t, openbao.ValidateName(name))
			at := migrate.Location{Mount: mount, Name: name}
			fields := fmt.Sprintf(`{"name":%q}`, name)
			if _, err := c.Write(ctx, at, engine, secret(fields), 0); err != nil {
				t.Errorf("KV v%d: write %q: %v", engine, name, err)
				continue
			}
			entry, err := c.Read(ctx, at, engine, 0)
			if err != nil {
				t.Errorf("KV v%d: read %q: %v", engine, name, err)
				continue
			}
			sameJSON(t, entry.Fields.Reveal(), fields)
			if engine == migrate.KV2 {
				if _, err := c.Metadata(ctx, at); err != nil {
					t.Errorf("metadata of %q: %v", name, err)
				}
			}
		}
		listed, err := c.ListNames(ctx, "", mount, engine, "", true)
		mustNot(t, err)
		if len(listed) != len(names) {
			t.Errorf("KV v%d lists %q", engine, listed)
		}
		for _, name := range names {
			mustNot(t, c.Destroy(ctx, migrate.Location{Mount: mount, Name: name}, engine))
		}
		if holds, err := c.HasSecrets(ctx, "", mount, engine); err != nil || holds {
			t.Errorf("KV v%d still holds secrets: %v, %v", engine, holds, err)
		}
	}
}

func TestContractTooComplex(t *testing.T) {
	c, ctx := client(t), t.Context()
	at := migrate.Location{Mount: kvMount(t, c, migrate.KV2), Name: "many"}
	members := make(map[string]string)
	for i := range 2000 {
		members[fmt.Sprintf("member-%d", i)] = fmt.Sprintf("value-%d", i)
	}
	raw, err := json.Marshal(members)
	mustNot(t, err)
	_, err = c.Write(ctx, at, migrate.KV2, migrate.NewSecret(raw), 0)
	if !errors.Is(err, migrate.ErrTooComplex) {
		t.Errorf("2000 members: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "value-") {
		t.Errorf("the error repeats a value: %v", err)
	}
}

func TestContractPermissionDenied(t *testing.T) {
	c, ctx := client(t), t.Context()
	at := migrate.Location{Mount: kvMount(t, c, migrate.KV2), Name: "provider-a"}
	reader := loginWith(t, c, fmt.Sprintf(`path "%s/metadata/*" { capabilities = ["read"] }`, at.Mount))
	_, err := reader.Write(ctx, at, migrate.KV2, secret(`{"password":"hunter2hunter2"}`), 0)
	if !errors.Is(err, migrate.ErrPermissionDenied) {
		t.Fatalf("write: %v", err)
	}
	var e *openbao.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is no *openbao.Error", err)
	}
	want := fmt.Sprintf("path %q {\n  capabilities = [\"create\", \"update\"]\n}", at.Mount+"/data/provider-a")
	if !strings.Contains(e.Remedy(), want) {
		t.Errorf("the remedy is %q", e.Remedy())
	}
	if strings.Contains(err.Error()+e.Remedy(), "hunter2") {
		t.Errorf("the error repeats the value: %v", err)
	}
	if !strings.HasPrefix(err.Error(), "KV v2 write "+at.Mount+"/data/provider-a: 403: ") {
		t.Errorf("the error is %q", err)
	}
}

func TestContractNamespaces(t *testing.T) {
	c, ctx := client(t), t.Context()
	_, err := c.Engine(ctx, "surely-missing", "kv")
	var e *openbao.Error
	if !errors.Is(err, migrate.ErrNamespaceNotFound) || !errors.As(err, &e) || e.Namespace != "surely-missing" {
		t.Errorf("a missing namespace: %v", err)
	}
	if !isOpenBao(t, c) {
		return // the embedded server has no namespace but the root
	}
	outer := unique("outer")
	createNamespace(t, "", outer)
	createNamespace(t, outer, "inner")
	inOuter := client(t, func(config *openbao.Config) { config.Namespace = "/" + outer + "/" })
	mount := openbao.KVMount{Path: "kv", Namespace: "inner/", Engine: migrate.KV2}
	mustNot(t, inOuter.CreateKVMount(ctx, mount))
	at := migrate.Location{Namespace: "inner", Mount: "kv", Name: "a"}
	_, err = inOuter.Write(ctx, at, migrate.KV2, secret(`{"a":"b"}`), 0)
	mustNot(t, err)
	at.Namespace = outer + "/inner"
	entry, err := c.Read(ctx, at, migrate.KV2, 0)
	mustNot(t, err)
	sameJSON(t, entry.Fields.Reveal(), `{"a":"b"}`)
	if _, err := inOuter.Engine(ctx, "", "kv"); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("a mount of the inner namespace is seen in the outer one: %v", err)
	}
	if covering, err := inOuter.MountOf(ctx, "inner", "kv/a/b"); err != nil || covering != "kv" {
		t.Errorf("the mount in an inner namespace is %q, %v", covering, err)
	}
	if _, err := inOuter.NodeHealth(ctx); err != nil {
		t.Errorf("health from within a namespace: %v", err)
	}
}

func TestContractSystem(t *testing.T) {
	c, ctx := client(t), t.Context()
	health, err := c.NodeHealth(ctx)
	mustNot(t, err)
	if !health.Initialized || health.Sealed || health.Version == "" || time.Since(health.ServerTime).Abs() > time.Minute {
		t.Errorf("health is %+v", health)
	}
	self, err := c.LookupSelf(ctx)
	mustNot(t, err)
	if self.Accessor == "" || !reflect.DeepEqual(self.Policies, []string{"root"}) {
		t.Errorf("the token is %+v", self)
	}
	limited := loginWith(t, c, `path "a/*" { capabilities = ["read", "list"] }`)
	granted, err := limited.CapabilitiesSelf(ctx, "", "a/b", "c")
	mustNot(t, err)
	if want := map[string][]string{"a/b": {"list", "read"}, "c": {"deny"}}; !reflect.DeepEqual(granted, want) {
		t.Errorf("capabilities are %v", granted)
	}
}
