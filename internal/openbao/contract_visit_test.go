package openbao_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// A visit leaves neither a token nor a secret ID, however it ends and whatever the
// role is like.
func TestContractVisitAs(t *testing.T) {
	c := client(t)
	errVisit := errors.New("the visit failed")
	for name, change := range map[string]func(*openbao.AppRole){
		"plain":                  func(*openbao.AppRole) {},
		"one use":                func(r *openbao.AppRole) { r.TokenNumUses = 1 },
		"three uses":             func(r *openbao.AppRole) { r.TokenNumUses = 3 },
		"without default policy": func(r *openbao.AppRole) { r.TokenNoDefaultPolicy = true },
		"without secret ID":      func(r *openbao.AppRole) { r.BindSecretID, r.TokenBoundCIDRs = false, []string{"127.0.0.0/8"} },
		"short secret IDs":       func(r *openbao.AppRole) { r.SecretIDTTL = 30 },
		"bound elsewhere":        func(r *openbao.AppRole) { r.TokenBoundCIDRs = []string{"192.0.2.7/32"} },
	} {
		role := newRole(t, c, `path "a" { capabilities = ["read"] }`, change)
		var err error
		role.RoleID, err = c.ReadRoleID(t.Context(), "", role.Mount, role.Name)
		mustNot(t, err)
		for how, end := range map[string]error{"well": nil, "badly": errVisit, "cancelled": context.Canceled} {
			ctx, cancel := context.WithCancel(t.Context())
			var accessor string
			err := c.VisitAs(ctx, role, func(ctx context.Context, visit openbao.Visit) error {
				accessor = visit.Token.Accessor
				granted, err := c.CapabilitiesOf(ctx, "", visit.Token.Token, "a", "b")
				if err != nil || !reflect.DeepEqual(granted, map[string][]string{"a": {"read"}, "b": {"deny"}}) {
					t.Errorf("%s: capabilities are %v, %v", name, granted, err)
				}
				if errors.Is(end, context.Canceled) {
					cancel()
				}
				return end
			})
			cancel()
			if !errors.Is(err, end) || end == nil && err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
			}
			if accessor == "" || stays(t, accessor) {
				t.Errorf("%s, %s: the token %q is left", name, how, accessor)
			}
			if left, err := c.ListSecretIDAccessors(t.Context(), "", role.Mount, role.Name); err != nil || len(left) > 0 {
				t.Errorf("%s, %s: secret IDs are left: %v, %v", name, how, left, err)
			}
		}
	}
	role := newRole(t, c, `path "a" { capabilities = ["read"] }`)
	role.RoleID = "wrong"
	if err := c.VisitAs(t.Context(), role, func(context.Context, openbao.Visit) error { return errVisit }); !errors.Is(err, openbao.ErrLogin) || errors.Is(err, errVisit) {
		t.Errorf("with a wrong role ID: %v", err)
	}
	if left, err := c.ListSecretIDAccessors(t.Context(), "", role.Mount, role.Name); err != nil || len(left) > 0 {
		t.Errorf("secret IDs are left: %v, %v", left, err)
	}
}

// stays reports whether a token is left. The server takes its time over one that was
// used up.
func stays(t *testing.T, accessor string) bool {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if byAccessor(t.Context(), t, "lookup-accessor", accessor) != nil {
			return false
		}
	}
	return true
}

// A token that may not revoke itself is revoked by the client's, and one that is gone
// is no error.
func TestContractRevokeLogin(t *testing.T) {
	c, ctx := client(t), t.Context()
	role := newRole(t, c, `path "a" { capabilities = ["read"] }`, func(r *openbao.AppRole) { r.TokenNoDefaultPolicy = true })
	roleID, err := c.ReadRoleID(ctx, "", role.Mount, role.Name)
	mustNot(t, err)
	login := func() openbao.TokenInfo {
		t.Helper()
		id, err := c.CreateSecretID(ctx, "", role.Mount, role.Name, openbao.SecretIDOptions{})
		mustNot(t, err)
		info, err := c.LoginAppRole(ctx, "", role.Mount, roleID, id.SecretID)
		mustNot(t, err)
		return info
	}
	info := login()
	mustNot(t, c.RevokeLogin(ctx, "", info))
	if byAccessor(ctx, t, "lookup-accessor", info.Accessor) == nil {
		t.Error("the token is left")
	}
	mustNot(t, c.RevokeLogin(ctx, "", info))
	mustNot(t, c.RevokeLogin(ctx, "", openbao.TokenInfo{Token: secret("b.batch-token")}))
	info = login()
	powerless := c.WithToken(login().Token)
	if err := powerless.RevokeLogin(ctx, "", info); err == nil {
		t.Error("a token that is left is no error")
	}
	mustNot(t, c.RevokeLogin(ctx, "", info))
}

// A client that logged in without the default policy is logged out in any way that its
// policies leave, and a token that stays is named.
func TestContractClose_WithoutDefaultPolicy(t *testing.T) {
	c, ctx := client(t), t.Context()
	for path, revoked := range map[string]bool{"auth/token/revoke-self": true, openbao.RevokeAccessorPath: true, "auth/token/renew-self": false} {
		role := newRole(t, c, `path "auth/token/lookup-self" { capabilities = ["read"] }
path "`+path+`" { capabilities = ["update"] }`, func(r *openbao.AppRole) { r.TokenNoDefaultPolicy = true })
		app := loginAs(t, c, role)
		info, err := app.LookupSelf(ctx)
		mustNot(t, err)
		err = app.Close(ctx)
		if left := byAccessor(ctx, t, "lookup-accessor", info.Accessor) == nil; left == revoked || (err == nil) != revoked {
			t.Errorf("with %s: left %v, %v", path, left, err)
		}
		if !revoked && (!errors.Is(err, migrate.ErrPermissionDenied) || !strings.Contains(err.Error(), info.Accessor)) {
			t.Errorf("with %s: %v", path, err)
		}
	}
}

// More paths than one question holds are asked for in several.
func TestContractCapabilities_ManyPaths(t *testing.T) {
	c := client(t)
	app := loginWith(t, c, `path "kv/data/*" { capabilities = ["read"] }`)
	var paths []string
	for range 600 {
		paths = append(paths, "kv/data/"+unique("name"))
	}
	granted, err := app.CapabilitiesSelf(t.Context(), "", paths...)
	mustNot(t, err)
	for _, path := range paths {
		if !reflect.DeepEqual(granted[path], []string{"read"}) {
			t.Errorf("%s: %v", path, granted[path])
		}
	}
}

// An entrusted secret ID is revoked when it is given back, or by Close.
func TestContractEntrustSecretID(t *testing.T) {
	c, ctx := client(t), t.Context()
	role := newRole(t, c, `path "a" { capabilities = ["read"] }`)
	made := func() string {
		t.Helper()
		id, err := c.CreateSecretID(ctx, "", role.Mount, role.Name, openbao.SecretIDOptions{})
		mustNot(t, err)
		c.EntrustSecretID("", role.Mount, role.Name, id.Accessor)
		return id.Accessor
	}
	first, second := made(), made()
	mustNot(t, c.RevokeEntrusted(ctx, first))
	mustNot(t, c.RevokeEntrusted(ctx, first))
	if left, err := c.ListSecretIDAccessors(ctx, "", role.Mount, role.Name); err != nil || !reflect.DeepEqual(left, []string{second}) {
		t.Errorf("secret IDs are %v, %v", left, err)
	}
	if _, err := c.RenewEntrusted(ctx, "unknown"); !errors.Is(err, openbao.ErrClosed) {
		t.Errorf("renewal of what is not known: %v", err)
	}
	mustNot(t, c.Close(ctx))
	if left, err := c.ListSecretIDAccessors(ctx, "", role.Mount, role.Name); err != nil || len(left) > 0 {
		t.Errorf("secret IDs are left: %v, %v", left, err)
	}
}
