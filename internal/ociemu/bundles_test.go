package ociemu_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// read gives number, content and stages of the version that a request selects.
func (w *world) read(t *testing.T, request secrets.GetSecretBundleRequest) string {
	t.Helper()
	response, err := w.secrets.GetSecretBundle(t.Context(), request)
	if err != nil {
		var refusal common.ServiceError
		if !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		return fmt.Sprint(refusal.GetHTTPStatusCode())
	}
	content, err := base64.StdEncoding.DecodeString(*response.SecretBundleContent.(secrets.Base64SecretBundleContentDetails).Content)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s %v", *response.VersionNumber, content, response.Stages)
}

func TestBundleSelectors(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "one", ociemu.WithVersionName("first"))
	must(w.AddVersion(id, []byte("two")))
	must(w.AddVersion(id, []byte("three")))
	must(w.AddVersion(id, []byte("four")))
	must(w.AddPendingVersion(id, []byte("five")))
	for name, c := range map[string]struct {
		request secrets.GetSecretBundleRequest
		want    string
	}{
		"none":        {secrets.GetSecretBundleRequest{}, "4 four [CURRENT]"},
		"current":     {secrets.GetSecretBundleRequest{Stage: "CURRENT"}, "4 four [CURRENT]"},
		"pending":     {secrets.GetSecretBundleRequest{Stage: "PENDING"}, "5 five [PENDING LATEST]"},
		"latest":      {secrets.GetSecretBundleRequest{Stage: "LATEST"}, "5 five [PENDING LATEST]"},
		"previous":    {secrets.GetSecretBundleRequest{Stage: "PREVIOUS"}, "3 three [PREVIOUS]"},
		"deprecated":  {secrets.GetSecretBundleRequest{Stage: "DEPRECATED"}, "2 two [DEPRECATED]"},
		"number":      {secrets.GetSecretBundleRequest{VersionNumber: common.Int64(1)}, "1 one [DEPRECATED]"},
		"name":        {secrets.GetSecretBundleRequest{SecretVersionName: common.String("first")}, "1 one [DEPRECATED]"},
		"absent":      {secrets.GetSecretBundleRequest{VersionNumber: common.Int64(6)}, "404"},
		"absent name": {secrets.GetSecretBundleRequest{SecretVersionName: common.String("First")}, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			c.request.SecretId = &id
			if got := w.read(t, c.request); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}

	byName, err := w.secrets.GetSecretBundleByName(t.Context(), secrets.GetSecretBundleByNameRequest{
		SecretName: common.String("a"), VaultId: &w.vault, VersionNumber: common.Int64(2),
	})
	if err != nil || *byName.VersionNumber != 2 || *byName.SecretId != id {
		t.Errorf("by name: %v, %v", byName.VersionNumber, err)
	}
}

func TestPromoteVersion(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "one")
	must(w.AddPendingVersion(id, []byte("two")))
	if err := w.PromoteVersion(id, 2); err != nil {
		t.Fatal(err)
	}
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id}); got != "2 two [CURRENT LATEST]" {
		t.Errorf("after the promotion: %s", got)
	}
	if err := w.PromoteVersion(id, 1); err != nil {
		t.Fatal(err)
	}
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id}); got != "1 one [CURRENT]" {
		t.Errorf("after the way back: %s", got)
	}
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &id, Stage: "PREVIOUS"}); got != "2 two [LATEST PREVIOUS]" {
		t.Errorf("the previous one: %s", got)
	}
	if err := w.PromoteVersion(id, 3); !errors.Is(err, ociemu.ErrNotFound) {
		t.Errorf("an absent version: %v", err)
	}
}

func TestDeletion(t *testing.T) {
	var skip time.Duration
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(skip) }
	w := newWorld(t, ociemu.WithClock(clock))
	id := w.addSecret("a", "one")
	must(w.AddVersion(id, []byte("two")))
	bundle := secrets.GetSecretBundleRequest{SecretId: &id}
	old := secrets.GetSecretBundleRequest{SecretId: &id, VersionNumber: common.Int64(1)}
	at := time.Now().Add(time.Minute)

	if err := w.ScheduleVersionDeletion(id, 2, at); !errors.Is(err, ociemu.ErrConflict) {
		t.Errorf("deletion of the CURRENT version: %v", err)
	}
	if err := w.ScheduleVersionDeletion(id, 1, at); err != nil {
		t.Fatal(err)
	}
	if got := w.read(t, old); got != "409" {
		t.Errorf("a version scheduled for deletion: %s", got)
	}
	if got := w.read(t, bundle); got != "2 two [CURRENT LATEST]" {
		t.Errorf("the other version: %s", got)
	}
	if err := w.CancelVersionDeletion(id, 1); err != nil || w.read(t, old) == "409" {
		t.Errorf("after the cancellation: %v", err)
	}

	if err := w.ScheduleDeletion(id, at); err != nil {
		t.Fatal(err)
	}
	_, err := w.bundle(t.Context(), id)
	wantRefusal(t, err, 409, "IncorrectState")
	secret, err := w.vaults.GetSecret(t.Context(), ocisdk.GetSecretRequest{SecretId: &id})
	if err != nil || secret.LifecycleState != ocisdk.SecretLifecycleStatePendingDeletion ||
		secret.TimeOfDeletion.UnixMilli() != at.UnixMilli() {
		t.Errorf("metadata while pending: %v, %v", secret.Secret, err)
	}
	if err := w.CancelDeletion(id); err != nil || w.read(t, bundle) != "2 two [CURRENT LATEST]" {
		t.Errorf("after the cancellation: %v", err)
	}

	if err := w.ScheduleDeletion(id, at); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	skip = 2 * time.Minute
	mu.Unlock()
	if got := w.read(t, bundle); got != "404" {
		t.Errorf("after the time of deletion: %s", got)
	}
	if got := w.listNames(t, w.compartment); len(got) != 0 {
		t.Errorf("the list still has %v", got)
	}
	again := w.addSecret("a", "new")
	if err := w.Delete(again); err != nil || w.read(t, secrets.GetSecretBundleRequest{SecretId: &again}) != "404" {
		t.Errorf("after Delete: %v", err)
	}
}

func TestUnknownAnswersAreConfigurable(t *testing.T) {
	w := newWorld(t,
		ociemu.WithPendingDeletionAnswer(ociemu.NotAuthorizedOrNotFound),
		ociemu.WithBlockedRetrievalAnswer(ociemu.InvalidParameter))
	pending, blocked := w.addSecret("pending", "x"), w.addSecret("blocked", "x")
	if err := errors.Join(w.ScheduleDeletion(pending, time.Now().Add(time.Hour)), w.BlockRetrieval(blocked)); err != nil {
		t.Fatal(err)
	}
	_, err := w.bundle(t.Context(), pending)
	wantRefusal(t, err, 404, "NotAuthorizedOrNotFound")
	_, err = w.bundle(t.Context(), blocked)
	wantRefusal(t, err, 400, "InvalidParameter")
}

func TestExpiryRules(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	id := w.addSecret("a", "x", ociemu.WithTimeCreated(now.AddDate(0, 0, -10)))
	for name, c := range map[string]struct {
		rule    ociemu.Rule
		expires time.Time
		status  int
	}{
		"interval ahead":       {ociemu.Rule{VersionExpiryInterval: "P30D", BlockRetrieval: true}, now.AddDate(0, 0, 20), 200},
		"interval over":        {ociemu.Rule{VersionExpiryInterval: "P9D", BlockRetrieval: true}, now.AddDate(0, 0, -1), 409},
		"over but not blocked": {ociemu.Rule{VersionExpiryInterval: "P9D"}, now.AddDate(0, 0, -1), 200},
		"absolute over":        {ociemu.Rule{AbsoluteExpiry: now.Add(-time.Second), BlockRetrieval: true}, now.Add(-time.Second), 409},
		"the earlier counts": {
			ociemu.Rule{AbsoluteExpiry: now.AddDate(1, 0, 0), VersionExpiryInterval: "P9D", BlockRetrieval: true},
			now.AddDate(0, 0, -1), 409,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.rule.Type = ociemu.ExpiryRule
			if err := w.SetRules(id, c.rule); err != nil {
				t.Fatal(err)
			}
			secret, err := w.vaults.GetSecret(t.Context(), ocisdk.GetSecretRequest{SecretId: &id})
			if err != nil {
				t.Fatal(err)
			}
			if got := secret.TimeOfCurrentVersionExpiry.Time; got.UnixMilli() != c.expires.UnixMilli() {
				t.Errorf("expires %s, want %s", got, c.expires)
			}
			rule, isExpiry := secret.SecretRules[0].(ocisdk.SecretExpiryRule)
			if !isExpiry || *rule.IsSecretContentRetrievalBlockedOnExpiry != c.rule.BlockRetrieval {
				t.Errorf("rule: %v", secret.SecretRules)
			}
			_, err = w.bundle(t.Context(), id)
			if c.status == 200 && err != nil {
				t.Error(err)
			}
			if c.status != 200 {
				wantRefusal(t, err, c.status, "IncorrectState")
			}
		})
	}
	for _, interval := range []string{"P0D", "P91D", "PT1H", "30"} {
		if err := w.SetRules(id, ociemu.Rule{Type: ociemu.ExpiryRule, VersionExpiryInterval: interval}); !errors.Is(err, ociemu.ErrInvalid) {
			t.Errorf("interval %s: %v", interval, err)
		}
	}
}

func TestOddContent(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	if err := w.SetRawContent(id, 1, "not base64!"); err != nil {
		t.Fatal(err)
	}
	response, err := w.bundle(t.Context(), id)
	if err != nil || *response.SecretBundleContent.(secrets.Base64SecretBundleContentDetails).Content != "not base64!" {
		t.Errorf("raw content: %v", err)
	}
	if err := w.NilContent(id, 1); err != nil {
		t.Fatal(err)
	}
	response, err = w.bundle(t.Context(), id)
	if err != nil || response.SecretBundleContent != nil {
		t.Errorf("no content: %v, %v", response.SecretBundleContent, err)
	}
	binary := must(w.AddSecret(w.compartment, w.vault, "binary", []byte{0, 255, '\n'}))
	if got := w.read(t, secrets.GetSecretBundleRequest{SecretId: &binary}); got != "1 \x00\xff\n [CURRENT LATEST]" {
		t.Errorf("binary content: %q", got)
	}
}

func TestLimitsAndNames(t *testing.T) {
	w := newWorld(t)
	add := func(name string, size int) error {
		_, err := w.AddSecret(w.compartment, w.vault, name, make([]byte, size))
		return err
	}
	for name, c := range map[string]struct {
		got, want error
	}{
		"longest content": {add("longest", ociemu.MaxContentBytes), nil},
		"longer content":  {add("longer", ociemu.MaxContentBytes+1), ociemu.ErrLimit},
		"longest name":    {add(strings.Repeat("n", 255), 1), nil},
		"longer name":     {add(strings.Repeat("n", 256), 1), ociemu.ErrInvalid},
		"slash":           {add("a/b", 1), ociemu.ErrInvalid},
		"no name":         {add("", 1), ociemu.ErrInvalid},
		"taken":           {add("longest", 1), ociemu.ErrConflict},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	id := w.addSecret("versions", "1")
	for range ociemu.MaxActiveVersions - 1 {
		must(w.AddVersion(id, []byte("x")))
	}
	if _, err := w.AddVersion(id, []byte("x")); !errors.Is(err, ociemu.ErrLimit) {
		t.Errorf("one version too many: %v", err)
	}
	if err := w.ScheduleVersionDeletion(id, 1, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if number := must(w.AddVersion(id, []byte("x"))); number != ociemu.MaxActiveVersions+1 {
		t.Errorf("number %d", number)
	}
}

func TestChangesOfASecret(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	other := must(w.AddCompartment(w.tenancy, "other"))
	get := func() ocisdk.GetSecretResponse {
		t.Helper()
		response, err := w.vaults.GetSecret(t.Context(), ocisdk.GetSecretRequest{SecretId: &id})
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	before := get()
	tags := map[string]string{"k": "v"}
	err := errors.Join(
		w.Rename(id, "b"), w.MoveCompartment(id, other), w.SetDescription(id, "text"), w.SetFreeformTags(id, tags),
		w.SetDefinedTags(id, map[string]map[string]any{"n": {"k": "v"}}), w.SetMetadata(id, map[string]any{"m": "v"}),
		w.SetLifecycleState(id, "UPDATING"),
	)
	if err != nil {
		t.Fatal(err)
	}
	tags["k"] = "changed by the caller afterwards"
	after := get()
	got := []any{
		*after.SecretName, *after.CompartmentId, *after.Description, after.FreeformTags["k"],
		after.DefinedTags["n"]["k"], after.Metadata["m"], string(after.LifecycleState), *after.CurrentVersionNumber,
	}
	want := []any{"b", other, "text", "v", "v", "v", "UPDATING", int64(1)}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if *before.Etag == *after.Etag {
		t.Error("the etag has not changed")
	}
	if again := get(); *again.Etag != *after.Etag {
		t.Error("the etag changes by itself")
	}
	if _, err := w.bundle(t.Context(), id); err != nil {
		t.Errorf("content while UPDATING: %v", err)
	}
}
