package openbao_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy/policytest"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// createNamespace makes a namespace, for which the package has no call.
func createNamespace(t *testing.T, parent, name string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server(t)+"/v1/sys/namespaces/"+name, nil)
	mustNot(t, err)
	r.Header.Set("X-Vault-Token", "root")
	r.Header.Set("X-Vault-Namespace", parent)
	response, err := http.DefaultClient.Do(r)
	mustNot(t, err)
	_ = response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatalf("namespace %s: %s", name, response.Status)
	}
}

// newRole makes an auth mount with a role that has one policy of this text.
func newRole(t *testing.T, c *openbao.Client, policy string, changes ...func(*openbao.AppRole)) openbao.AppRole {
	t.Helper()
	mount, name := unique("approle"), unique("policy")
	mustNot(t, c.CreateAuthMount(t.Context(), openbao.AuthMount{Path: mount, Type: "approle"}))
	mustNot(t, c.PutPolicy(t.Context(), "", name, policy))
	role := openbao.AppRole{Mount: mount, Name: "app", BindSecretID: true, TokenPolicies: []string{name}, TokenTTL: 600}
	for _, change := range changes {
		change(&role)
	}
	mustNot(t, c.CreateAppRole(t.Context(), role))
	return role
}

// loginWith returns a client that logs in by AppRole, with a policy of this text.
func loginWith(t *testing.T, c *openbao.Client, policy string) *openbao.Client {
	t.Helper()
	role := newRole(t, c, policy)
	return loginAs(t, c, role)
}

func loginAs(t *testing.T, c *openbao.Client, role openbao.AppRole) *openbao.Client {
	t.Helper()
	roleID, err := c.ReadRoleID(t.Context(), "", role.Mount, role.Name)
	mustNot(t, err)
	id, err := c.CreateSecretID(t.Context(), "", role.Mount, role.Name, openbao.SecretIDOptions{})
	mustNot(t, err)
	return client(t, func(config *openbao.Config) {
		config.Token = migrate.Secret{}
		config.Login = openbao.AppRoleLogin{MountPath: role.Mount, RoleID: roleID, SecretID: id.SecretID}
	})
}

func TestContractLogin(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := kvMount(t, c, migrate.KV2)
	role := newRole(t, c, fmt.Sprintf(`path "%s/data/*" { capabilities = ["create", "update", "read"] }`, mount))
	app := loginAs(t, c, role)
	at := migrate.Location{Mount: mount, Name: "a"}
	_, err := app.Write(ctx, at, migrate.KV2, secret(`{"a":"b"}`), 0)
	mustNot(t, err)
	before, err := app.LookupSelf(ctx)
	mustNot(t, err)

	// Another identity revokes the token: the client notices and logs in again.
	mustNot(t, byAccessor(ctx, t, "revoke-accessor", before.Accessor))
	_, err = app.Read(ctx, at, migrate.KV2, 0)
	mustNot(t, err)
	after, err := app.LookupSelf(ctx)
	mustNot(t, err)
	if after.Accessor == before.Accessor {
		t.Error("the token is the revoked one")
	}
	mustNot(t, app.Close(ctx))
	if err := byAccessor(ctx, t, "lookup-accessor", after.Accessor); err == nil {
		t.Error("the token outlived Close")
	}
	if _, err := app.Read(ctx, at, migrate.KV2, 0); !errors.Is(err, openbao.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}

	refused := client(t, func(config *openbao.Config) {
		config.Token = migrate.Secret{}
		config.Login = openbao.AppRoleLogin{MountPath: role.Mount, RoleID: "none", SecretID: secret("nonenone")}
	})
	if _, err := refused.Read(ctx, at, migrate.KV2, 0); !errors.Is(err, openbao.ErrLogin) {
		t.Errorf("login with wrong credentials: %v", err)
	}
	if _, err := c.LookupSelf(ctx); err != nil {
		t.Errorf("the given token: %v", err)
	}
}

// A token of a login is renewed on the server when its time runs out, and replaced by
// another login when the server grants no more.
func TestContractLoginJWT(t *testing.T) {
	c, ctx := client(t), t.Context()
	issuer, err := acctest.NewTokenIssuer("https://ci.example.com")
	mustNot(t, err)
	key, err := issuer.PublicKeyPEM()
	mustNot(t, err)
	token, err := issuer.Sign(map[string]any{"sub": "app", "aud": "openbao", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
	mustNot(t, err)
	mount, kv := unique("jwt"), kvMount(t, c, migrate.KV1)
	mustNot(t, c.CreateAuthMount(ctx, openbao.AuthMount{Path: mount, Type: "jwt"}))
	mustNot(t, c.PutPolicy(ctx, "", mount, fmt.Sprintf(`path "%s/*" { capabilities = ["create", "update", "read"] }`, kv)))
	configure(ctx, t, "auth/"+mount+"/config", map[string]any{"jwt_validation_pubkeys": []string{key}, "bound_issuer": issuer.URL})
	configure(ctx, t, "auth/"+mount+"/role/app", map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{"openbao"}, "token_policies": []string{mount},
		"token_ttl": "1h", "token_max_ttl": "1h30m",
	})
	clock := newClock()
	app := client(t, func(config *openbao.Config) {
		config.Token, config.Clock = migrate.Secret{}, clock
		config.Login = openbao.JWTLogin{MountPath: mount, Role: "app", JWT: secret(token)}
	})
	at := migrate.Location{Mount: kv, Name: "a"}
	_, err = app.Write(ctx, at, migrate.KV1, secret(`{"a":"b"}`), 0)
	mustNot(t, err)
	first, err := app.LookupSelf(ctx)
	mustNot(t, err)
	clock.pass(50 * time.Minute)
	_, err = app.Read(ctx, at, migrate.KV1, 0)
	mustNot(t, err)
	renewed, err := app.LookupSelf(ctx)
	mustNot(t, err)
	if renewed.Accessor != first.Accessor || !wasRenewed(ctx, t, first.Accessor) {
		t.Error("the token was not renewed")
	}
	clock.pass(2 * time.Hour)
	_, err = app.Read(ctx, at, migrate.KV1, 0)
	mustNot(t, err)
	second, err := app.LookupSelf(ctx)
	mustNot(t, err)
	if second.Accessor == first.Accessor {
		t.Error("an expired token was kept")
	}
	mustNot(t, app.Close(ctx))
	for _, accessor := range []string{first.Accessor, second.Accessor} {
		if err := byAccessor(ctx, t, "lookup-accessor", accessor); err == nil {
			t.Error("a token outlived Close")
		}
	}
}

// configure writes to a path for which the package has no call.
func configure(ctx context.Context, t *testing.T, path string, body map[string]any) {
	t.Helper()
	mustNot(t, asRoot(ctx, t, path, body, nil))
}

// wasRenewed asks the server whether a token was ever renewed.
func wasRenewed(ctx context.Context, t *testing.T, accessor string) bool {
	t.Helper()
	var found struct {
		Data struct {
			LastRenewal string `json:"last_renewal"`
		}
	}
	mustNot(t, asRoot(ctx, t, "auth/token/lookup-accessor", map[string]any{"accessor": accessor}, &found))
	return found.Data.LastRenewal != ""
}

// asRoot posts to a path with the root token.
func asRoot(ctx context.Context, t *testing.T, path string, body map[string]any, into any) error {
	t.Helper()
	payload, err := json.Marshal(body)
	mustNot(t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server(t)+"/v1/"+path, bytes.NewReader(payload))
	mustNot(t, err)
	r.Header.Set("X-Vault-Token", "root")
	response, err := http.DefaultClient.Do(r)
	mustNot(t, err)
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return errors.New(response.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// byAccessor calls auth/token/<endpoint> for another's token, for which the
// package has no call.
func byAccessor(ctx context.Context, t *testing.T, endpoint, accessor string) error {
	t.Helper()
	return asRoot(ctx, t, "auth/token/"+endpoint, map[string]any{"accessor": accessor}, nil)
}

func TestContractAuthMount(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := openbao.AuthMount{
		Path: unique("team") + "/approle", Type: "approle", Description: "d", DefaultLeaseTTL: 60, MaxLeaseTTL: 120,
		ListingVisibility: "unauth", TokenType: "default-batch",
	}
	mustNot(t, c.CreateAuthMount(ctx, mount))
	if err := c.CreateAuthMount(ctx, mount); !errors.Is(err, openbao.ErrConflict) {
		t.Errorf("mounted twice: %v", err)
	}
	read := func() openbao.AuthMount {
		t.Helper()
		got, err := c.ReadAuthMount(ctx, "", mount.Path)
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
	mount.Description, mount.DefaultLeaseTTL, mount.MaxLeaseTTL, mount.ListingVisibility, mount.TokenType = "", 0, 0, "", "default-service"
	mustNot(t, c.TuneAuthMount(ctx, mount))
	if got := read(); got != mount {
		t.Errorf("read %+v, tuned to %+v", got, mount)
	}
	if err := c.TuneAuthMount(ctx, openbao.AuthMount{Path: mount.Path + "/inner"}); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("tuning inside a mount: %v", err)
	}
	mustNot(t, c.DeleteAuthMount(ctx, "", mount.Path))
	if err := c.DeleteAuthMount(ctx, "", mount.Path); err != nil {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := c.ReadAuthMount(ctx, "", mount.Path); !errors.Is(err, migrate.ErrMountNotFound) {
		t.Errorf("read of a removed one: %v", err)
	}
}

func TestContractPolicy(t *testing.T) {
	c, ctx, name := client(t), t.Context(), unique("policy")
	const text = "# comment\npath \"a/*\" {\n  capabilities = [\"read\", \"list\"]\n}\n"
	if _, err := c.GetPolicy(ctx, "", name); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of nothing: %v", err)
	}
	adopted, err := c.CreatePolicy(ctx, "", name, text)
	if err != nil || adopted {
		t.Fatalf("creation: %v, %v", adopted, err)
	}
	got, err := c.GetPolicy(ctx, "", name)
	mustNot(t, err)
	if got != text {
		t.Errorf("read %q", got)
	}
	adopted, err = c.CreatePolicy(ctx, "", name, `path "a/*" { capabilities = ["list","read"] }`)
	if err != nil || !adopted {
		t.Errorf("the same policy again: %v, %v", adopted, err)
	}
	if _, err := c.CreatePolicy(ctx, "", name, `path "b" { capabilities = ["read"] }`); !errors.Is(err, openbao.ErrConflict) {
		t.Errorf("another policy of the name: %v", err)
	}
	mustNot(t, c.PutPolicy(ctx, "", name, `path "b" { capabilities = ["read"] }`))
	mustNot(t, c.DeletePolicy(ctx, "", name))
	mustNot(t, c.DeletePolicy(ctx, "", name))
	if _, err := c.GetPolicy(ctx, "", name); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of a removed one: %v", err)
	}
}

// aclpolicy.Validate and the server agree on what a policy is.
func TestContractPolicySyntax(t *testing.T) {
	c, ctx := client(t), t.Context()
	onlyOpenBao := isOpenBao(t, c)
	for text, valid := range policytest.Texts {
		err := c.PutPolicy(ctx, "", unique("syntax"), text)
		if (err == nil) != valid && (onlyOpenBao || !slices.ContainsFunc([]string{"scan", "pagination_limit", "expiration", "filter_path", "comment", "twice"}, func(s string) bool { return strings.Contains(text, s) })) {
			t.Errorf("the server on %s: %v, expected valid %v", text, err, valid)
		}
		if err := aclpolicy.Validate(text); (err == nil) != valid {
			t.Errorf("Validate on %s: %v, expected valid %v", text, err, valid)
		}
	}
}

func TestContractAppRole(t *testing.T) {
	c, ctx := client(t), t.Context()
	mount := unique("approle")
	mustNot(t, c.CreateAuthMount(ctx, openbao.AuthMount{Path: mount, Type: "approle"}))
	role := openbao.AppRole{
		Mount: mount, Name: "app", BindSecretID: true, SecretIDBoundCIDRs: []string{"10.0.0.0/8"}, SecretIDNumUses: 3, SecretIDTTL: 3600,
		LocalSecretIDs: true, TokenTTL: 60, TokenMaxTTL: 120, TokenPolicies: []string{"a", "b"}, TokenBoundCIDRs: []string{"10.0.0.0/8"},
		TokenExplicitMaxTTL: 180, TokenNoDefaultPolicy: true, TokenNumUses: 5, TokenPeriod: 30, TokenType: "service",
		RoleID: unique("role-id"),
	}
	if _, err := c.ReadAppRole(ctx, "", mount, "app"); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of nothing: %v", err)
	}
	if roles, err := c.ListAppRoles(ctx, "", mount); err != nil || len(roles) != 0 {
		t.Errorf("roles of none: %q, %v", roles, err)
	}
	mustNot(t, c.CreateAppRole(ctx, role))
	if roles, err := c.ListAppRoles(ctx, "", mount); err != nil || !reflect.DeepEqual(roles, []string{"app"}) {
		t.Errorf("roles are %q, %v", roles, err)
	}
	if err := c.CreateAppRole(ctx, role); !errors.Is(err, openbao.ErrConflict) {
		t.Errorf("created twice: %v", err)
	}
	read := func() openbao.AppRole {
		t.Helper()
		got, err := c.ReadAppRole(ctx, "", mount, "app")
		mustNot(t, err)
		got.RoleID, err = c.ReadRoleID(ctx, "", mount, "app")
		mustNot(t, err)
		return got
	}
	if got := read(); !reflect.DeepEqual(got, role) {
		t.Errorf("read\n%+v, created\n%+v", got, role)
	}
	role = openbao.AppRole{
		Mount: mount, Name: "app", BindSecretID: true, LocalSecretIDs: true, TokenType: "default",
		TokenPolicies: []string{}, TokenBoundCIDRs: []string{}, RoleID: role.RoleID,
	}
	mustNot(t, c.UpdateAppRole(ctx, role))
	got := read()
	if len(got.SecretIDBoundCIDRs) == 0 {
		got.SecretIDBoundCIDRs = nil
	}
	if !reflect.DeepEqual(got, role) {
		t.Errorf("read\n%+v, updated to\n%+v", got, role)
	}
	if isOpenBao(t, c) {
		role.TokenStrictlyBindIP = true
		mustNot(t, c.UpdateAppRole(ctx, role))
		if got := read(); !got.TokenStrictlyBindIP {
			t.Error("token_strictly_bind_ip is not set")
		}
	}
	role.RoleID = unique("other")
	mustNot(t, c.WriteRoleID(ctx, "", mount, "app", role.RoleID))
	if got := read(); got.RoleID != role.RoleID {
		t.Errorf("role ID is %q", got.RoleID)
	}
	mustNot(t, c.DeleteAppRole(ctx, "", mount, "app"))
	mustNot(t, c.DeleteAppRole(ctx, "", mount, "app"))
	if _, err := c.ReadRoleID(ctx, "", mount, "app"); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("role ID of a removed role: %v", err)
	}
}

func TestContractSecretID(t *testing.T) {
	c, ctx := client(t), t.Context()
	role := newRole(t, c, `path "a" { capabilities = ["read"] }`)
	ttl, uses := int64(3600), int64(2)
	options := openbao.SecretIDOptions{
		Metadata: map[string]string{"owner": `a "team", = yes`}, CIDRList: []string{"127.0.0.0/8"},
		TokenBoundCIDRs: []string{"127.0.0.0/8"}, TTL: &ttl, NumUses: &uses,
	}
	wrapped, err := c.CreateWrappedSecretID(ctx, "", role.Mount, role.Name, options, 5*time.Minute)
	mustNot(t, err)
	if wrapped.WrappingAccessor == "" || wrapped.Accessor == "" || wrapped.WrapTTL != 5*time.Minute || wrapped.CreationTime.IsZero() {
		t.Errorf("wrapped as %+v", wrapped)
	}
	info, err := c.LookupSecretIDByAccessor(ctx, "", role.Mount, role.Name, wrapped.Accessor)
	mustNot(t, err)
	if info == nil || !reflect.DeepEqual(info.Metadata, options.Metadata) || info.TTL != ttl || info.NumUses != uses ||
		!reflect.DeepEqual(info.CIDRList, options.CIDRList) || !reflect.DeepEqual(info.TokenBoundCIDRs, options.TokenBoundCIDRs) ||
		info.ExpirationTime.Sub(info.CreationTime) != time.Hour {
		t.Errorf("looked up %+v", info)
	}
	wrapping, err := c.LookupWrapping(ctx, "", wrapped.WrappingToken)
	mustNot(t, err)
	if wrapping.CreationTTL != 5*time.Minute || wrapping.CreationTime.IsZero() ||
		wrapping.CreationPath != "auth/"+role.Mount+"/role/"+role.Name+"/secret-id" {
		t.Errorf("wrapping is %+v", wrapping)
	}
	if _, err := c.UnwrapSecretID(ctx, "", "elsewhere", wrapped.WrappingToken); !errors.Is(err, openbao.ErrWrappingToken) ||
		!strings.Contains(err.Error(), "so it was not unwrapped") {
		t.Errorf("unwrapped as a secret ID of another mount: %v", err)
	}
	id, err := c.UnwrapSecretID(ctx, "", role.Mount, wrapped.WrappingToken)
	mustNot(t, err)
	if id.Accessor != wrapped.Accessor {
		t.Errorf("the wrapped accessor is %s, the secret ID's %s", wrapped.Accessor, id.Accessor)
	}
	if _, err := c.UnwrapSecretID(ctx, "", role.Mount, wrapped.WrappingToken); !errors.Is(err, openbao.ErrWrappingToken) {
		t.Errorf("unwrapped twice: %v", err)
	}
	if _, err := c.LookupWrapping(ctx, "", wrapped.WrappingToken); !errors.Is(err, openbao.ErrWrappingToken) {
		t.Errorf("lookup of a used wrapping token: %v", err)
	}

	roleID, err := c.ReadRoleID(ctx, "", role.Mount, role.Name)
	mustNot(t, err)
	token, err := c.LoginAppRole(ctx, "", role.Mount, roleID, id.SecretID)
	mustNot(t, err)
	if token.Token.Len() == 0 || token.Accessor == "" || token.LeaseDuration != 10*time.Minute || !token.Renewable ||
		!slices.Contains(token.Policies, role.TokenPolicies[0]) {
		t.Errorf("logged in as %+v", token)
	}
	asApp := c.WithToken(token.Token)
	granted, err := asApp.CapabilitiesSelf(ctx, "", "a")
	mustNot(t, err)
	if !reflect.DeepEqual(granted, map[string][]string{"a": {"read"}}) {
		t.Errorf("capabilities are %v", granted)
	}
	mustNot(t, asApp.Close(ctx))
	mustNot(t, c.RevokeLogin(ctx, "", token))
	mustNot(t, c.RevokeLogin(ctx, "", token))
	if _, err := asApp.CapabilitiesSelf(ctx, "", "a"); !errors.Is(err, migrate.ErrPermissionDenied) {
		t.Errorf("a revoked token: %v", err)
	}

	pushedID := unique("pushed-secret-id")
	pushed, err := c.PushSecretID(ctx, "", role.Mount, role.Name, secret(pushedID), openbao.SecretIDOptions{})
	mustNot(t, err)
	accessors, err := c.ListSecretIDAccessors(ctx, "", role.Mount, role.Name)
	mustNot(t, err)
	want := []string{id.Accessor, pushed.Accessor}
	slices.Sort(want)
	if !reflect.DeepEqual(accessors, want) {
		t.Errorf("accessors are %q, want %q", accessors, want)
	}
	if _, err := c.PushSecretID(ctx, "", role.Mount, role.Name, secret(pushedID), openbao.SecretIDOptions{}); err == nil || strings.Contains(err.Error(), pushedID) {
		t.Errorf("pushed twice: %v", err)
	}
	found, err := c.LookupSecretID(ctx, "", role.Mount, role.Name, secret(pushedID))
	mustNot(t, err)
	if found == nil || found.Accessor != pushed.Accessor {
		t.Errorf("looked up by itself: %+v", found)
	}
	if other, err := c.LookupSecretID(ctx, "", role.Mount, role.Name, secret("none of this role")); err != nil || other != nil {
		t.Errorf("lookup of an unknown secret ID: %+v, %v", other, err)
	}
	for _, accessor := range want {
		mustNot(t, c.DestroySecretIDByAccessor(ctx, "", role.Mount, role.Name, accessor))
		mustNot(t, c.DestroySecretIDByAccessor(ctx, "", role.Mount, role.Name, accessor))
		info, err := c.LookupSecretIDByAccessor(ctx, "", role.Mount, role.Name, accessor)
		if err != nil || info != nil {
			t.Errorf("lookup of a revoked secret ID: %+v, %v", info, err)
		}
	}
	if accessors, err := c.ListSecretIDAccessors(ctx, "", role.Mount, role.Name); err != nil || len(accessors) != 0 {
		t.Errorf("accessors of none: %q, %v", accessors, err)
	}

	if _, err := c.CreateWrappedSecretID(ctx, "", role.Mount, "missing", options, time.Minute); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("secret ID of a missing role: %v", err)
	}
	mustNot(t, c.DeleteAppRole(ctx, "", role.Mount, role.Name))
	mustNot(t, c.DestroySecretIDByAccessor(ctx, "", role.Mount, role.Name, "gone"))
	if info, err := c.LookupSecretIDByAccessor(ctx, "", role.Mount, role.Name, "gone"); err != nil || info != nil {
		t.Errorf("lookup with a removed role: %+v, %v", info, err)
	}
	if info, err := c.LookupSecretID(ctx, "", role.Mount, role.Name, secret(pushedID)); err != nil || info != nil {
		t.Errorf("lookup by itself with a removed role: %+v, %v", info, err)
	}
	if accessors, err := c.ListSecretIDAccessors(ctx, "", role.Mount, role.Name); err != nil || len(accessors) != 0 {
		t.Errorf("accessors of a removed role: %q, %v", accessors, err)
	}
}
