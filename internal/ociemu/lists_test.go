package ociemu_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/identity"
	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// listNames walks all pages of vault.ListSecrets.
func (w *world) listNames(t *testing.T, compartment string, change ...func(*ocisdk.ListSecretsRequest)) []string {
	t.Helper()
	request := ocisdk.ListSecretsRequest{CompartmentId: &compartment}
	for _, apply := range change {
		apply(&request)
	}
	var names []string
	for {
		response, err := w.vaults.ListSecrets(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range response.Items {
			names = append(names, *item.SecretName)
		}
		if response.OpcNextPage == nil {
			return names
		}
		request.Page = response.OpcNextPage
	}
}

func TestListSecretsFiltersAndSorts(t *testing.T) {
	w := newWorld(t)
	otherVault := must(w.AddVault(w.tenancy, "other"))
	b := w.addSecret("b", "x")
	w.addSecret("c", "x")
	must(w.AddSecret(w.compartment, otherVault, "a", []byte("x")))
	must(w.AddSecret(w.tenancy, w.vault, "elsewhere", []byte("x")))
	if err := w.ScheduleDeletion(b, time.Now().AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*ocisdk.ListSecretsRequest)
		want   []string
	}{
		"newest first":  {func(*ocisdk.ListSecretsRequest) {}, []string{"a", "c", "b"}},
		"oldest first":  {func(r *ocisdk.ListSecretsRequest) { r.SortOrder = "ASC" }, []string{"b", "c", "a"}},
		"by name":       {func(r *ocisdk.ListSecretsRequest) { r.SortBy = "NAME" }, []string{"a", "b", "c"}},
		"by name, down": {func(r *ocisdk.ListSecretsRequest) { r.SortBy, r.SortOrder = "NAME", "DESC" }, []string{"c", "b", "a"}},
		"by vault":      {func(r *ocisdk.ListSecretsRequest) { r.VaultId = &w.vault }, []string{"c", "b"}},
		"one name":      {func(r *ocisdk.ListSecretsRequest) { r.Name = common.String("c") }, []string{"c"}},
		"another case":  {func(r *ocisdk.ListSecretsRequest) { r.Name = common.String("C") }, nil},
		"by state":      {func(r *ocisdk.ListSecretsRequest) { r.LifecycleState = "PENDING_DELETION" }, []string{"b"}},
		"absent vault": {func(r *ocisdk.ListSecretsRequest) {
			r.VaultId = common.String("ocid1.vault.oc1.eu-frankfurt-1.x.absent")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.listNames(t, w.compartment, c.change); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPagination(t *testing.T) {
	const count = 10
	for name, c := range map[string]struct {
		opts  []ociemu.Option
		limit *int
		pages int
	}{
		"one page":                {nil, nil, 1},
		"limit":                   {nil, common.Int(3), 4},
		"limit that fits exactly": {nil, common.Int(5), 2},
		"smaller pages":           {[]ociemu.Option{ociemu.WithPageSize(2)}, common.Int(1000), 5},
		"sparse":                  {[]ociemu.Option{ociemu.WithPageSize(4), ociemu.WithSparsePages()}, nil, 7},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.opts...)
			var want []string
			for i := range count {
				name := fmt.Sprintf("secret-%02d", i)
				w.addSecret(name, "x")
				want = append(want, name)
			}
			got := w.listNames(t, w.compartment, func(r *ocisdk.ListSecretsRequest) {
				r.Limit, r.SortBy = c.limit, "NAME"
			})
			if !slices.Equal(got, want) {
				t.Errorf("got %v", got)
			}
			if pages := w.Count("vault.ListSecrets"); pages != c.pages {
				t.Errorf("%d pages, want %d", pages, c.pages)
			}
		})
	}
}

func TestSparsePagesAreEmptyWithToken(t *testing.T) {
	w := newWorld(t, ociemu.WithSparsePages())
	request := ocisdk.ListSecretsRequest{CompartmentId: &w.compartment}
	empty, err := w.vaults.ListSecrets(t.Context(), request)
	if err != nil || len(empty.Items) != 0 || empty.OpcNextPage != nil {
		t.Fatalf("an empty list: %d items, token %v, %v", len(empty.Items), empty.OpcNextPage, err)
	}
	w.addSecret("a", "x")
	var sizes []int
	for {
		response, err := w.vaults.ListSecrets(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(response.Items))
		if request.Page = response.OpcNextPage; request.Page == nil {
			break
		}
	}
	if !slices.Equal(sizes, []int{0, 1, 0}) {
		t.Errorf("sizes of the pages: %v", sizes)
	}
}

func TestPageTokenBelongsToItsList(t *testing.T) {
	w := newWorld(t, ociemu.WithPageSize(1))
	id := w.addSecret("a", "x")
	w.addSecret("b", "x")
	must(w.AddVersion(id, []byte("y")))
	first, err := w.vaults.ListSecrets(t.Context(), ocisdk.ListSecretsRequest{CompartmentId: &w.compartment})
	if err != nil || first.OpcNextPage == nil {
		t.Fatalf("no second page: %v", err)
	}
	_, err = w.vaults.ListSecrets(t.Context(), ocisdk.ListSecretsRequest{
		CompartmentId: &w.compartment, VaultId: &w.vault, Page: first.OpcNextPage,
	})
	wantRefusal(t, err, 400, "InvalidParameter")
	forged := must(base64.RawURLEncoding.DecodeString(*first.OpcNextPage))
	forged = bytes.Replace(forged, []byte(`"full":false`), []byte(`"full":true`), 1)
	_, err = w.vaults.ListSecrets(t.Context(), ocisdk.ListSecretsRequest{
		CompartmentId: &w.compartment, Page: common.String(base64.RawURLEncoding.EncodeToString(forged)),
	})
	wantRefusal(t, err, 400, "InvalidParameter")
	_, err = w.vaults.ListSecretVersions(t.Context(), ocisdk.ListSecretVersionsRequest{SecretId: &id, Page: first.OpcNextPage})
	wantRefusal(t, err, 400, "InvalidParameter")
}

func TestPagesSurviveChanges(t *testing.T) {
	w := newWorld(t, ociemu.WithPageSize(2))
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		ids[name] = w.addSecret(name, "x")
	}
	w.OnRequest(func(r *ociemu.RequestRecord) {
		if r.Number == 2 {
			w.addSecret("new", "x")
			if err := w.Delete(ids["d"]); err != nil {
				t.Error(err)
			}
		}
	})
	if got, want := w.listNames(t, w.compartment), []string{"e", "d", "c", "b", "a"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListCompartments(t *testing.T) {
	w := newWorld(t)
	child := must(w.AddCompartment(w.compartment, "child"))
	closed := must(w.AddCompartment(w.tenancy, "closed"))
	dead := must(w.AddCompartment(w.tenancy, "dead"))
	if err := w.SetCompartmentState(dead, "DELETED"); err != nil {
		t.Fatal(err)
	}
	w.Deny(closed, ociemu.Inspect)
	yes := common.Bool(true)
	for name, c := range map[string]struct {
		request identity.ListCompartmentsRequest
		want    []string
	}{
		"children of the tenancy": {identity.ListCompartmentsRequest{CompartmentId: &w.tenancy}, []string{"dead", "closed", "credentials"}},
		"children below":          {identity.ListCompartmentsRequest{CompartmentId: &w.compartment}, []string{"child"}},
		"none":                    {identity.ListCompartmentsRequest{CompartmentId: &child}, nil},
		"subtree": {identity.ListCompartmentsRequest{CompartmentId: &w.tenancy, CompartmentIdInSubtree: yes, SortBy: "NAME"},
			[]string{"child", "closed", "credentials", "dead"}},
		"accessible": {identity.ListCompartmentsRequest{CompartmentId: &w.tenancy, AccessLevel: "ACCESSIBLE", SortBy: "NAME"},
			[]string{"credentials", "dead"}},
		"name":  {identity.ListCompartmentsRequest{CompartmentId: &w.tenancy, Name: common.String("closed")}, []string{"closed"}},
		"state": {identity.ListCompartmentsRequest{CompartmentId: &w.tenancy, LifecycleState: "DELETED"}, []string{"dead"}},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := w.identity.ListCompartments(t.Context(), c.request)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, item := range response.Items {
				names = append(names, *item.Name)
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("got %v, want %v", names, c.want)
			}
		})
	}
}

func TestListVaultsAndRegions(t *testing.T) {
	w := newWorld(t, ociemu.WithRegion("eu-test-1"))
	must(w.AddVault(w.compartment, "another"))
	must(w.AddVault(w.tenancy, "elsewhere"))
	vaults, err := w.kms.ListVaults(t.Context(), keymanagement.ListVaultsRequest{
		CompartmentId: &w.compartment, SortBy: keymanagement.ListVaultsSortByDisplayname,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(vaults.Items) != 2 || *vaults.Items[0].DisplayName != "another" || *vaults.Items[1].Id != w.vault {
		t.Errorf("vaults: %v", vaults.Items)
	}
	regions, err := w.identity.ListRegions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(regions.Items, func(r identity.Region) bool { return *r.Name == "eu-test-1" }) {
		t.Errorf("regions: %v", regions.Items)
	}
}

func TestVersionLists(t *testing.T) {
	w := newWorld(t, ociemu.WithPageSize(2))
	id := w.addSecret("a", "1", ociemu.WithVersionName("first"))
	must(w.AddVersion(id, []byte("2")))
	must(w.AddVersion(id, []byte("3")))
	ctx := t.Context()

	var numbers []int64
	var page *string
	for {
		response, err := w.vaults.ListSecretVersions(ctx, ocisdk.ListSecretVersionsRequest{SecretId: &id, Page: page, SortOrder: "ASC"})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range response.Items {
			numbers = append(numbers, *v.VersionNumber)
		}
		if page = response.OpcNextPage; page == nil {
			break
		}
	}
	if !slices.Equal(numbers, []int64{1, 2, 3}) {
		t.Errorf("vault API: versions %v", numbers)
	}

	bundles, err := w.secrets.ListSecretBundleVersions(ctx, secrets.ListSecretBundleVersionsRequest{SecretId: &id})
	if err != nil || len(bundles.Items) != 2 || *bundles.Items[0].VersionNumber != 3 || bundles.OpcNextPage == nil {
		t.Fatalf("secrets API: %v, %v", bundles.Items, err)
	}
	bundles, err = w.secrets.ListSecretBundleVersions(ctx, secrets.ListSecretBundleVersionsRequest{SecretId: &id, Page: bundles.OpcNextPage})
	if err != nil || len(bundles.Items) != 1 || *bundles.Items[0].VersionName != "first" {
		t.Fatalf("secrets API, page 2: %v, %v", bundles.Items, err)
	}
	one, err := w.vaults.GetSecretVersion(ctx, ocisdk.GetSecretVersionRequest{SecretId: &id, SecretVersionNumber: common.Int64(1)})
	if err != nil || *one.Name != "first" || one.Etag == nil || one.RawResponse.StatusCode != http.StatusOK {
		t.Errorf("version 1: %v, %v", one.SecretVersion, err)
	}
}

func listRequest(compartment string) ocisdk.ListSecretsRequest {
	return ocisdk.ListSecretsRequest{CompartmentId: &compartment}
}
