package ocivault

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// paged answers the n-th page for the page token "n", with a token for the next.
func paged(pages ...[]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if token := r.URL.Query().Get("page"); token != "" {
			_, _ = fmt.Sscanf(token, "page/%d+", &n)
		}
		if n+1 < len(pages) {
			w.Header().Set("opc-next-page", fmt.Sprintf("page/%d+", n+1))
		}
		reply(w, 200, pages[n])
	}
}

func summaryJSON(id, name string, more map[string]any) map[string]any {
	return merged(map[string]any{"id": id, "secretName": name, "compartmentId": testCompartment, "vaultId": testVault,
		"lifecycleState": "ACTIVE", "timeCreated": "2025-01-01T00:00:00.123Z"}, more)
}

func TestListSecretsAllPagesEachOnce(t *testing.T) {
	client, log, _ := serve(t, paged(
		[]any{},
		[]any{summaryJSON("b", "two", nil), summaryJSON("a", "one", map[string]any{
			"keyId": "K", "description": "D", "lifecycleDetails": "L", "timeOfDeletion": "2026-02-01T00:00:00.000Z",
			"timeOfCurrentVersionExpiry": "2026-03-01T00:00:00.000Z", "rotationStatus": "IN_PROGRESS", "nextRotationTime": "2026-04-01T00:00:00.000Z", "freeformTags": map[string]any{"x": "y"},
			"definedTags": map[string]any{"n": map[string]any{"k": 1}}})},
		[]any{},
		[]any{summaryJSON("b", "two", nil), summaryJSON("c", "three", nil)},
	))
	list, err := client.ListSecrets(t.Context(), ListSecretsRequest{CompartmentID: testCompartment})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []string{"b", "a", "c"}) || log.count() != 4 {
		t.Fatalf("got %v from %d pages", ids, log.count())
	}
	want := SecretSummary{
		ID: "a", Name: "one", CompartmentID: testCompartment, VaultID: testVault, KeyID: "K", Description: "D",
		LifecycleState: "ACTIVE", LifecycleDetails: "L", TimeCreated: at("2025-01-01T00:00:00.123Z"),
		TimeOfDeletion: at("2026-02-01T00:00:00Z"), TimeOfCurrentExpiry: at("2026-03-01T00:00:00Z"),
		Rotation:     migrate.SourceRotation{Status: "IN_PROGRESS", NextTime: at("2026-04-01T00:00:00Z")},
		FreeformTags: map[string]string{"x": "y"}, DefinedTags: map[string]map[string]string{"n": {"k": "1"}},
	}
	if !reflect.DeepEqual(list[1], want) {
		t.Errorf("got  %+v\nwant %+v", list[1], want)
	}
}

func TestListSecretsFilters(t *testing.T) {
	client, log, _ := serve(t, paged([]any{
		summaryJSON("a", "db", nil),
		summaryJSON("b", "DB", nil),
		summaryJSON("c", "db", map[string]any{"vaultId": "other"}),
		summaryJSON("d", "db", map[string]any{"lifecycleState": "DELETED"}),
	}))
	list, err := client.ListSecrets(t.Context(), ListSecretsRequest{
		CompartmentID: testCompartment, VaultID: testVault, Name: "db", LifecycleState: "ACTIVE"})
	if err != nil || len(list) != 1 || list[0].ID != "a" {
		t.Errorf("got %+v, %v", list, err)
	}
	want := url.Values{"compartmentId": {testCompartment}, "vaultId": {testVault}, "name": {"db"}, "lifecycleState": {"ACTIVE"}}
	if got := log.seen()[0].URL.Query(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v", got)
	}
	found, err := client.FindSecret(t.Context(), testVault, testCompartment, "db")
	if err != nil || len(found) != 2 || found[0].ID != "a" || found[1].ID != "d" {
		t.Errorf("found %+v, %v", found, err)
	}
	none, err := client.FindSecret(t.Context(), testVault, testCompartment, "absent")
	if err != nil || none == nil || len(none) != 0 {
		t.Errorf("found %#v, %v", none, err)
	}
}

// Others that speak Oracle's API may write its words in lower case.
func TestWordsInAnyCase(t *testing.T) {
	client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/versions"):
			reply(w, 200, []any{map[string]any{"secretId": testSecret, "versionNumber": 3, "stages": []string{"current", "Latest"}}})
		case strings.Contains(r.URL.Path, "/secretbundles/"):
			reply(w, 200, bundleJSON(3, "x", map[string]any{"stages": []string{"current"}}))
		case strings.HasSuffix(r.URL.Path, "/secrets"):
			reply(w, 200, []any{summaryJSON(testSecret, "db", map[string]any{"lifecycleState": "active"})})
		case strings.HasSuffix(r.URL.Path, "/vaults"):
			reply(w, 200, []any{map[string]any{"id": testVault, "lifecycleState": "active"}})
		default:
			reply(w, 200, secretJSON("pending_deletion", map[string]any{"rotationStatus": "scheduled"}))
		}
	})
	if list, err := client.ListSecrets(t.Context(), ListSecretsRequest{CompartmentID: testCompartment, LifecycleState: "ACTIVE"}); err != nil || len(list) != 1 || list[0].LifecycleState != "ACTIVE" {
		t.Errorf("secrets: got %+v, %v", list, err)
	}
	if list, err := client.ListVaults(t.Context(), testCompartment); err != nil || list[0].LifecycleState != "ACTIVE" {
		t.Errorf("vaults: got %+v, %v", list, err)
	}
	if secret, err := client.Describe(t.Context(), testSecret); err != nil || secret.LifecycleState != migrate.StatePendingDeletion || secret.Rotation.Status != "SCHEDULED" {
		t.Errorf("secret: got %+v, %v", secret, err)
	}
	if versions, err := client.Versions(t.Context(), testSecret); err != nil || !slices.Equal(versions[0].Stages, []string{"CURRENT", "LATEST"}) {
		t.Errorf("versions: got %+v, %v", versions, err)
	}
	if bundle, err := client.Bundle(t.Context(), testSecret, migrate.Selector{Stage: migrate.StageCurrent}); err != nil || bundle.Version.Number != 3 {
		t.Errorf("bundle: got %v", err)
	}
}

func TestListsRefuse(t *testing.T) {
	client, log, _ := serve(t, paged([]any{map[string]any{"lifecycleState": "ACTIVE"}}))
	ctx := t.Context()
	_, err := client.ListSecrets(ctx, ListSecretsRequest{CompartmentID: testCompartment})
	hasKinds(t, err, ErrUnexpectedAnswer)
	_, err = client.ListVaults(ctx, testCompartment)
	hasKinds(t, err, ErrUnexpectedAnswer)
	_, err = client.ListCompartments(ctx, ListCompartmentsRequest{ID: testCompartment})
	hasKinds(t, err, ErrUnexpectedAnswer)
	_, err = client.Versions(ctx, testSecret)
	hasKinds(t, err, ErrUnexpectedAnswer)
	before := log.count()
	for _, incomplete := range []func() error{
		func() error { _, err := client.ListSecrets(ctx, ListSecretsRequest{}); return err },
		func() error { _, err := client.ListVaults(ctx, ""); return err },
		func() error { _, err := client.ListCompartments(ctx, ListCompartmentsRequest{}); return err },
		func() error { _, err := client.FindSecret(ctx, "", testCompartment, "db"); return err },
		func() error { _, err := client.FindSecret(ctx, testVault, testCompartment, ""); return err },
		func() error { _, err := client.FindSecret(ctx, testVault, "", "db"); return err },
		func() error {
			_, err := client.ListSecrets(ctx, ListSecretsRequest{CompartmentID: testCompartment, LifecycleState: "SLEEPING"})
			return err
		},
	} {
		if incomplete() == nil {
			t.Error("an incomplete request was taken")
		}
	}
	if log.count() != before {
		t.Errorf("%d incomplete requests were sent", log.count()-before)
	}
}

func TestListsEndAndFail(t *testing.T) {
	t.Run("token comes back", func(t *testing.T) {
		client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("opc-next-page", "again")
			reply(w, 200, []any{})
		})
		_, err := client.ListVaults(t.Context(), testCompartment)
		hasKinds(t, err, ErrUnexpectedAnswer)
		if log.count() != 2 {
			t.Errorf("%d requests", log.count())
		}
	})
	t.Run("a later page fails", func(t *testing.T) {
		client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "" {
				w.Header().Set("opc-next-page", "2")
				reply(w, 200, []any{summaryJSON("a", "a", nil)})
				return
			}
			refuse(w, 403, "NotAllowed", "no")
		})
		list, err := client.ListSecrets(t.Context(), ListSecretsRequest{CompartmentID: testCompartment})
		if err == nil || list != nil {
			t.Errorf("half a list came out: %v, %v", list, err)
		}
	})
	t.Run("event stream", func(t *testing.T) {
		client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, `[{"id":"a"}]`)
		})
		list, err := client.ListVaults(t.Context(), testCompartment)
		if err != nil || len(list) != 1 {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

func TestListVaults(t *testing.T) {
	vault := map[string]any{"id": testVault, "compartmentId": testCompartment, "displayName": "main", "lifecycleState": "ACTIVE",
		"vaultType": "DEFAULT", "managementEndpoint": "https://m", "cryptoEndpoint": "https://c", "timeCreated": "2025-01-01T00:00:00.123Z",
		"freeformTags": map[string]any{"a": "b"}}
	client, log, _ := serve(t, paged([]any{vault}, []any{vault}))
	list, err := client.ListVaults(t.Context(), testCompartment)
	want := []Vault{{ID: testVault, CompartmentID: testCompartment, Name: "main", LifecycleState: "ACTIVE", Type: "DEFAULT",
		ManagementEndpoint: "https://m", CryptoEndpoint: "https://c", TimeCreated: at("2025-01-01T00:00:00.123Z"), FreeformTags: map[string]string{"a": "b"}}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v, %v", list, err)
	}
	if path := log.seen()[0].URL.Path; path != "/20180608/vaults" {
		t.Errorf("asked %s", path)
	}
}

// tree answers ListCompartments from a map of parents to children; an ID that
// ends in "-gone" is deleted.
func tree(children map[string][]string) http.HandlerFunc {
	var below func(id string) []string
	below = func(id string) []string {
		all := slices.Clone(children[id])
		for _, child := range children[id] {
			all = append(all, below(child)...)
		}
		return all
	}
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		id := query.Get("compartmentId")
		ids := children[id]
		if query.Get("compartmentIdInSubtree") == "true" {
			if !strings.HasPrefix(id, "ocid1.tenancy.") {
				refuse(w, 400, "InvalidParameter", "compartmentIdInSubtree is for the tenancy")
				return
			}
			ids = below(id)
		}
		items := []any{}
		for _, child := range ids {
			state := "ACTIVE"
			if strings.HasSuffix(child, "-gone") {
				state = "DELETED"
			}
			items = append(items, map[string]any{"id": child, "compartmentId": id, "name": "name of " + child, "description": "D",
				"lifecycleState": state, "timeCreated": "2025-01-01T00:00:00.123Z"})
		}
		reply(w, 200, items)
	}
}

func TestListCompartments(t *testing.T) {
	handler := tree(map[string][]string{
		testTenancy: {"b", "a"},
		"a":         {"a2", "a1", "a3-gone"},
		"a1":        {"deep"},
		"a3-gone":   {"unseen"},
		"deep":      {"a"}, // no tree, but must end
	})
	for _, c := range []struct {
		name     string
		request  ListCompartmentsRequest
		want     []string
		requests int
	}{
		{"children", ListCompartmentsRequest{ID: "a"}, []string{"a1", "a2", "a3-gone"}, 1},
		{"children of the tenancy", ListCompartmentsRequest{ID: testTenancy}, []string{"a", "b"}, 1},
		{"with the tenancy", ListCompartmentsRequest{ID: testTenancy, IncludeTenancy: true}, []string{testTenancy, "a", "b"}, 1},
		{"no tenancy to include", ListCompartmentsRequest{ID: "a1", IncludeTenancy: true}, []string{"deep"}, 1},
		{"subtree", ListCompartmentsRequest{ID: "a", Subtree: true}, []string{"a1", "a2", "a3-gone", "deep"}, 4},
		{"nothing below", ListCompartmentsRequest{ID: "b", Subtree: true}, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, log, _ := serve(t, handler)
			list, err := client.ListCompartments(t.Context(), c.request)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, compartment := range list {
				ids = append(ids, compartment.ID)
				if compartment.IsTenancy != (compartment.ID == testTenancy) {
					t.Errorf("%+v", compartment)
				}
			}
			if !slices.Equal(ids, c.want) || log.count() != c.requests {
				t.Errorf("got %v in %d requests, want %v in %d", ids, log.count(), c.want, c.requests)
			}
		})
	}
}

func TestListCompartmentsOfTenancyAtOnce(t *testing.T) {
	client, log, _ := serve(t, tree(map[string][]string{testTenancy: {"b", "a"}, "a": {"a1"}}))
	list, err := client.ListCompartments(t.Context(), ListCompartmentsRequest{ID: testTenancy, Subtree: true, IncludeTenancy: true})
	if err != nil || len(list) != 4 || list[0].ID != testTenancy || log.count() != 1 {
		t.Errorf("got %+v, %v in %d requests", list, err, log.count())
	}
	if got := list[1]; got.Name != "name of a" || got.ParentID != testTenancy || got.Description != "D" || got.LifecycleState != "ACTIVE" {
		t.Errorf("got %+v", got)
	}
}

func TestListCompartmentsFailsAsAWhole(t *testing.T) {
	whole := tree(map[string][]string{"a": {"a1", "a2", "a3"}})
	client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("compartmentId") == "a2" {
			refuse(w, 404, "NotAuthorizedOrNotFound", "no")
			return
		}
		whole(w, r)
	})
	list, err := client.ListCompartments(t.Context(), ListCompartmentsRequest{ID: "a", Subtree: true})
	if list != nil || err == nil || !strings.Contains(err.Error(), "ListCompartments a2") || !strings.Contains(remedy(err), "inspect compartments in tenancy") {
		t.Errorf("got %v, %v", list, err)
	}
}
