package ociemu_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	ocisdk "github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	list := "/20180608/secrets?compartmentId=" + w.compartment
	byName := "/20190301/secretbundles/actions/getByName"
	inChild := must(w.AddCompartment(w.compartment, "child"))
	for _, c := range []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/", 404, "NotFound"},
		{"GET", "/20180608/keys", 404, "NotFound"},
		{"GET", "/20180608/secrets/", 404, "NotFound"},
		{"GET", "/20180608//secrets", 404, "NotFound"},
		{"GET", "/20180608/secrets/" + id + "/versions/1", 404, "NotFound"},
		{"GET", "/20190301/secrets/" + id, 404, "NotFound"},
		{"HEAD", "/20180608/secrets/" + id, 405, ""},
		{"GET", byName, 405, "MethodNotAllowed"},
		{"DELETE", "/20190301/secretbundles/" + id, 405, "MethodNotAllowed"},

		{"GET", "/20180608/secrets", 400, "MissingParameter"},
		{"GET", "/20180608/vaults", 400, "MissingParameter"},
		{"GET", "/20160918/compartments", 400, "MissingParameter"},
		{"POST", byName + "?secretName=a", 400, "MissingParameter"},
		{"POST", byName + "?vaultId=" + w.vault, 400, "MissingParameter"},

		{"GET", list + "&unknown=1", 400, "InvalidParameter"},
		{"GET", list + "&vaultID=" + w.vault, 400, "InvalidParameter"},
		{"GET", list + "&name=a&name=b", 400, "InvalidParameter"},
		{"GET", list + "&name=", 400, "InvalidParameter"},
		{"GET", list + "&name=a%20b", 400, "InvalidParameter"},
		{"GET", list + "&name=" + strings.Repeat("a", 256), 400, "InvalidParameter"},
		{"GET", list + "&name=%zz", 400, "InvalidParameter"},
		{"GET", list + "&limit=0", 400, "InvalidParameter"},
		{"GET", list + "&limit=1001", 400, "InvalidParameter"},
		{"GET", list + "&limit=ten", 400, "InvalidParameter"},
		{"GET", list + "&page=guess", 400, "InvalidParameter"},
		{"GET", list + "&sortBy=DISPLAYNAME", 400, "InvalidParameter"},
		{"GET", list + "&sortOrder=asc", 400, "InvalidParameter"},
		{"GET", list + "&lifecycleState=ALIVE", 400, "InvalidParameter"},
		{"GET", list + "&vaultId=" + id, 400, "InvalidParameter"},
		{"GET", "/20180608/secrets?compartmentId=root", 400, "InvalidParameter"},
		{"GET", "/20160918/regions?limit=1", 400, "InvalidParameter"},
		{"GET", "/20160918/compartments?compartmentIdInSubtree=true&compartmentId=" + w.compartment, 400, "InvalidParameter"},
		{"GET", "/20160918/compartments?accessLevel=SOME&compartmentId=" + w.tenancy, 400, "InvalidParameter"},
		{"GET", "/20180608/vaults?sortBy=NAME&compartmentId=" + w.compartment, 400, "InvalidParameter"},
		{"GET", "/20180608/secrets/" + id + "?limit=1", 400, "InvalidParameter"},
		{"GET", "/20180608/secrets/" + id + "/version/first", 400, "InvalidParameter"},
		{"GET", "/20180608/secrets/" + id + "/versions?sortBy=NAME", 400, "InvalidParameter"},
		{"GET", "/20190301/secretbundles/" + id + "?stage=current", 400, "InvalidParameter"},
		{"GET", "/20190301/secretbundles/" + id + "?versionNumber=0", 400, "InvalidParameter"},
		{"GET", "/20190301/secretbundles/" + id + "?versionNumber=01", 400, "InvalidParameter"},
		{"GET", "/20190301/secretbundles/" + id + "?versionNumber=1&stage=CURRENT", 400, "InvalidParameter"},
		{"POST", byName + "?secretName=a/b&vaultId=" + w.vault, 400, "InvalidParameter"},

		{"GET", "/20180608/secrets/ocid1.vaultsecret.oc1.eu-frankfurt-1.absent", 404, "NotAuthorizedOrNotFound"},
		{"GET", "/20190301/secretbundles/nonsense", 404, "NotAuthorizedOrNotFound"},
		{"GET", "/20180608/secrets?compartmentId=ocid1.compartment.oc1..absent", 404, "NotAuthorizedOrNotFound"},
		{"GET", "/20180608/secrets/" + id + "/version/2", 404, "NotAuthorizedOrNotFound"},
		{"GET", "/20190301/secretbundles/" + id + "?versionNumber=2", 404, "NotAuthorizedOrNotFound"},
		{"GET", "/20190301/secretbundles/" + id + "?stage=PENDING", 404, "NotAuthorizedOrNotFound"},
		{"POST", byName + "?secretName=A&vaultId=" + w.vault, 404, "NotAuthorizedOrNotFound"},

		{"GET", list + "&limit=1000&lifecycleState=active&sortBy=NAME&sortOrder=DESC&vaultId=" + w.vault, 200, ""},
		{"GET", "/20180608/secrets?compartmentId=" + inChild, 200, ""},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			response := w.signed(t, c.method, c.target)
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
			if response.Header.Get("opc-request-id") == "" {
				t.Error("no opc-request-id")
			}
			if c.code == "" {
				return
			}
			var body struct{ Code, Message string }
			if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			if body.Code != c.code || body.Message == "" {
				t.Errorf("code %q, message %q, want code %q", body.Code, body.Message, c.code)
			}
		})
	}
	if writes := w.Writes(); len(writes) != 1 || writes[0].Method != "DELETE" {
		t.Errorf("writes: %+v, want the DELETE alone", writes)
	}
}

func TestBodyIsRefused(t *testing.T) {
	w := newWorld(t)
	w.addSecret("a", "x")
	target := "/20190301/secretbundles/actions/getByName?secretName=a&vaultId=" + w.vault
	for body, want := range map[string]int{"": 200, "{}": 400} {
		if got := w.signedBody(t, "POST", target, body).StatusCode; got != want {
			t.Errorf("body %q: status %d, want %d", body, got, want)
		}
	}
}

func TestUnsignedRequestIsRefusedBeforeAnythingElse(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/20160918/regions", "/nowhere"} {
		response, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", path, response.StatusCode)
		}
	}
}

func TestWritesAreRefusedAndRecorded(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	number := int64(1)
	text := "changed"
	at := &common.SDKTime{Time: time.Now().AddDate(0, 0, 7)}
	ctx := t.Context()
	calls := []struct {
		name string
		call func() error
	}{
		{"vault.CreateSecret", func() error {
			_, err := w.vaults.CreateSecret(ctx, ocisdk.CreateSecretRequest{CreateSecretDetails: ocisdk.CreateSecretDetails{
				CompartmentId: &w.compartment, VaultId: &w.vault, SecretName: &text, KeyId: &text,
			}})
			return err
		}},
		{"vault.UpdateSecret", func() error {
			_, err := w.vaults.UpdateSecret(ctx, ocisdk.UpdateSecretRequest{
				SecretId: &id, UpdateSecretDetails: ocisdk.UpdateSecretDetails{Description: &text},
			})
			return err
		}},
		{"vault.ScheduleSecretDeletion", func() error {
			_, err := w.vaults.ScheduleSecretDeletion(ctx, ocisdk.ScheduleSecretDeletionRequest{
				SecretId: &id, ScheduleSecretDeletionDetails: ocisdk.ScheduleSecretDeletionDetails{TimeOfDeletion: at},
			})
			return err
		}},
		{"vault.ScheduleSecretVersionDeletion", func() error {
			_, err := w.vaults.ScheduleSecretVersionDeletion(ctx, ocisdk.ScheduleSecretVersionDeletionRequest{
				SecretId: &id, SecretVersionNumber: &number,
			})
			return err
		}},
		{"vault.CancelSecretDeletion", func() error {
			_, err := w.vaults.CancelSecretDeletion(ctx, ocisdk.CancelSecretDeletionRequest{SecretId: &id})
			return err
		}},
		{"vault.CancelSecretVersionDeletion", func() error {
			_, err := w.vaults.CancelSecretVersionDeletion(ctx, ocisdk.CancelSecretVersionDeletionRequest{
				SecretId: &id, SecretVersionNumber: &number,
			})
			return err
		}},
		{"vault.ChangeSecretCompartment", func() error {
			_, err := w.vaults.ChangeSecretCompartment(ctx, ocisdk.ChangeSecretCompartmentRequest{
				SecretId: &id, ChangeSecretCompartmentDetails: ocisdk.ChangeSecretCompartmentDetails{CompartmentId: &w.tenancy},
			})
			return err
		}},
		{"vault.RotateSecret", func() error {
			_, err := w.vaults.RotateSecret(ctx, ocisdk.RotateSecretRequest{SecretId: &id})
			return err
		}},
		{"vault.CancelSecretRotation", func() error {
			_, err := w.vaults.CancelSecretRotation(ctx, ocisdk.CancelSecretRotationRequest{SecretId: &id})
			return err
		}},
	}
	for _, c := range calls {
		wantRefusal(t, c.call(), 404, "NotAuthorizedOrNotFound")
		if got := w.Count(c.name); got != 1 {
			t.Errorf("%s was counted %d times", c.name, got)
		}
	}
	w.signed(t, "DELETE", "/20180608/secrets/"+id)
	w.signed(t, "POST", "/20180608/keys")
	if got := len(w.Writes()); got != len(calls)+2 {
		t.Errorf("%d writes are recorded, want %d", got, len(calls)+2)
	}
	secret, err := w.vaults.GetSecret(ctx, ocisdk.GetSecretRequest{SecretId: &id})
	if err != nil || secret.Description != nil || secret.LifecycleState != ocisdk.SecretLifecycleStateActive {
		t.Errorf("the secret has changed: %v, %v", secret.Secret, err)
	}
}

func TestDeny(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	child := must(w.AddCompartment(w.compartment, "child"))
	below := must(w.AddSecret(child, w.vault, "below", []byte("x")))
	targets := map[ociemu.Verb]func(id string) string{
		ociemu.ReadMetadata: func(id string) string { return "/20180608/secrets/" + id },
		ociemu.ReadBundle:   func(id string) string { return "/20190301/secretbundles/" + id },
	}
	status := func(target string) int { return w.signed(t, "GET", target).StatusCode }
	for verb, target := range targets {
		for _, denied := range []string{id, w.vault, w.compartment, w.tenancy} {
			w.Deny(denied, verb)
			for other, otherTarget := range targets {
				want := 200
				if other == verb {
					want = 404
				}
				if got := status(otherTarget(id)); got != want {
					t.Errorf("%s denied on %s, %s: status %d, want %d", verb, denied, other, got, want)
				}
			}
			wantBelow := 404
			if denied == id {
				wantBelow = 200
			}
			if got := status(target(below)); got != wantBelow {
				t.Errorf("%s denied on %s: status %d for the secret below, want %d", verb, denied, got, wantBelow)
			}
			w.Allow(denied, verb)
		}
	}

	w.Deny(id, ociemu.Inspect)
	if names := w.listNames(t, w.compartment); len(names) != 0 {
		t.Errorf("the list has %v", names)
	}
	w.Allow(id, ociemu.Inspect)
	w.Deny(w.compartment, ociemu.Inspect)
	if got := status("/20180608/secrets?compartmentId=" + w.compartment); got != 404 {
		t.Errorf("the list of a compartment that may not be inspected: status %d", got)
	}
}
