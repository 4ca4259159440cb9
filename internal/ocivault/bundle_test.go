package ocivault

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestBundleSelectors(t *testing.T) {
	for _, c := range []struct {
		name     string
		selector migrate.Selector
		query    string
		answer   map[string]any
	}{
		{"none", migrate.Selector{}, "", bundleJSON(3, canary, nil)},
		{"number", migrate.Selector{VersionNumber: 2}, "versionNumber=2", bundleJSON(2, canary, nil)},
		{"name", migrate.Selector{VersionName: "v2"}, "secretVersionName=v2", bundleJSON(2, canary, nil)},
		{"stage", migrate.Selector{Stage: "CURRENT"}, "stage=CURRENT", bundleJSON(3, canary, nil)},
		{"stage, none told", migrate.Selector{Stage: "PREVIOUS"}, "stage=PREVIOUS", bundleJSON(3, canary, map[string]any{"stages": []string{}})},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, c.answer) })
			byID, err := client.Bundle(t.Context(), testSecret, c.selector)
			if err != nil {
				t.Fatal(err)
			}
			byName, err := client.BundleByName(t.Context(), testVault, "db", c.selector)
			if err != nil {
				t.Fatal(err)
			}
			for _, bundle := range []migrate.Bundle{byID, byName} {
				if string(bundle.Content.Reveal()) != canary || bundle.SecretID != testSecret || bundle.ContentType != "BASE64" ||
					bundle.HasNoContent || int(bundle.Version.Number) != c.answer["versionNumber"] {
					t.Errorf("got %+v", bundle)
				}
			}
			seen := log.seen()
			if seen[0].Method != "GET" || seen[0].URL.Path != "/20190301/secretbundles/"+testSecret || seen[0].URL.RawQuery != c.query {
				t.Errorf("asked %s %s", seen[0].Method, seen[0].URL)
			}
			query := seen[1].URL.Query()
			if seen[1].Method != "POST" || seen[1].URL.Path != "/20190301/secretbundles/actions/getByName" ||
				query.Get("secretName") != "db" || query.Get("vaultId") != testVault || (c.query != "" && !strings.Contains(seen[1].URL.RawQuery, c.query)) {
				t.Errorf("asked %s %s", seen[1].Method, seen[1].URL)
			}
		})
	}
}

func TestBundleRefusesSelectors(t *testing.T) {
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, nil) })
	for _, selector := range []migrate.Selector{
		{VersionNumber: -1}, {VersionNumber: 1, VersionName: "a"}, {VersionName: "a", Stage: "CURRENT"}, {Stage: "DEPRECATED"}, {Stage: "current"},
	} {
		if _, err := client.Bundle(t.Context(), testSecret, selector); err == nil {
			t.Errorf("%+v was taken", selector)
		}
		if _, err := client.BundleByName(t.Context(), testVault, "db", selector); err == nil {
			t.Errorf("by name: %+v was taken", selector)
		}
	}
	for _, pair := range [][2]string{{"", "db"}, {testVault, ""}} {
		if _, err := client.BundleByName(t.Context(), pair[0], pair[1], migrate.Selector{}); err == nil {
			t.Errorf("%v was taken", pair)
		}
	}
	if log.count() != 0 {
		t.Errorf("%d requests", log.count())
	}
}

// TestPromiseReviewedIsApplied_OtherVersionIsRefused has OCI, or a proxy, answer
// with another version than the one asked for.
func TestPromiseReviewedIsApplied_OtherVersionIsRefused(t *testing.T) {
	client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, bundleJSON(3, canary, nil)) })
	for _, selector := range []migrate.Selector{{VersionNumber: 2}, {VersionName: "v2"}, {Stage: "PREVIOUS"}} {
		bundle, err := client.Bundle(t.Context(), testSecret, selector)
		hasKinds(t, err, ErrUnexpectedAnswer)
		if bundle.Content.Len() != 0 {
			t.Errorf("%+v: the content came out", selector)
		}
		_, err = client.BundleByName(t.Context(), testVault, "db", selector)
		hasKinds(t, err, ErrUnexpectedAnswer)
	}
}

func TestBundleContent(t *testing.T) {
	base64JSON := func(content any) map[string]any {
		return map[string]any{"secretBundleContent": map[string]any{"contentType": "BASE64", "content": content}}
	}
	for _, c := range []struct {
		name   string
		more   map[string]any
		want   string
		kind   error
		absent bool
	}{
		{"empty", base64JSON(""), "", nil, false},
		{"bytes", base64JSON("AP8AZg=="), "\x00\xff\x00f", nil, false},
		{"line break", base64JSON("Y2Fu\nYXJ5"), "", migrate.ErrNotBase64, false},
		{"return", base64JSON("Y2Fu\r\n"), "", migrate.ErrNotBase64, false},
		{"space", base64JSON("Y2Fu IA=="), "", migrate.ErrNotBase64, false},
		{"no padding", base64JSON("Zg"), "", migrate.ErrNotBase64, false},
		{"padding bits", base64JSON("Zh=="), "", migrate.ErrNotBase64, false},
		{"URL alphabet", base64JSON("_w=="), "", migrate.ErrNotBase64, false},
		{"trailing", base64JSON("Zg==Zg=="), "", migrate.ErrNotBase64, false},
		{"plain text", base64JSON(canary), "", migrate.ErrNotBase64, false},
		{"null text", base64JSON(nil), "", ErrUnexpectedAnswer, true},
		{"null", map[string]any{"secretBundleContent": nil}, "", ErrUnexpectedAnswer, true},
		{"other type", map[string]any{"secretBundleContent": map[string]any{"contentType": "HEX", "content": "ff"}}, "", ErrUnexpectedAnswer, false},
		{"no secret", map[string]any{"secretId": nil}, "", ErrUnexpectedAnswer, false},
		{"no version", map[string]any{"versionNumber": nil}, "", ErrUnexpectedAnswer, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, bundleJSON(3, "x", c.more)) })
			bundle, err := client.Bundle(t.Context(), testSecret, migrate.Selector{})
			if c.kind == nil && (err != nil || string(bundle.Content.Reveal()) != c.want) {
				t.Errorf("got %q, %v", bundle.Content.Reveal(), err)
			}
			if c.kind != nil {
				hasKinds(t, err, c.kind)
				if strings.Contains(err.Error(), canary) || bundle.Content.Len() != 0 {
					t.Errorf("content came out, or in %v", err)
				}
			}
			if bundle.HasNoContent != c.absent {
				t.Errorf("HasNoContent is %v", bundle.HasNoContent)
			}
			if log.count() != 1 {
				t.Errorf("%d requests", log.count())
			}
		})
	}
}

// TestBundleOutOfReach has GetSecretBundle refuse, and the metadata tell why.
func TestBundleOutOfReach(t *testing.T) {
	second := migrate.Selector{VersionNumber: 2}
	expiry := func(absolute string, blocks bool) map[string]any {
		rule := map[string]any{"ruleType": "SECRET_EXPIRY_RULE", "isSecretContentRetrievalBlockedOnExpiry": blocks}
		if absolute != "" {
			rule["timeOfAbsoluteExpiry"] = absolute
		}
		return map[string]any{"secretRules": []any{rule}}
	}
	const past, future = "2025-12-31T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
	version := func(number int, more map[string]any) []any {
		return []any{merged(map[string]any{"versionNumber": number, "name": "two", "stages": []string{"PREVIOUS"}, "timeCreated": past}, more)}
	}
	for _, c := range []struct {
		name     string
		statuses []int
		selector migrate.Selector
		secret   map[string]any // nil: 404
		versions []any          // nil: 404
		want     []error
		detail   string
		requests int
	}{
		{"pending", []int{409, 404, 400}, migrate.Selector{}, secretJSON("PENDING_DELETION", map[string]any{"timeOfDeletion": future}), nil,
			[]error{migrate.ErrPendingDeletion}, "is PENDING_DELETION, at 2027-01-01T00:00:00Z", 2},
		{"scheduling", []int{409, 404}, second, secretJSON("SCHEDULING_DELETION", nil), nil, []error{migrate.ErrPendingDeletion}, "SCHEDULING_DELETION", 2},
		{"deleting", []int{409, 404}, second, secretJSON("DELETING", nil), nil, []error{migrate.ErrPendingDeletion}, "DELETING", 2},
		{"deleted", []int{404}, second, secretJSON("DELETED", nil), nil, []error{migrate.ErrPendingDeletion}, "DELETED", 2},
		{"blocked absolutely", []int{409, 404, 400}, migrate.Selector{}, secretJSON("ACTIVE", expiry(past, true)), nil,
			[]error{migrate.ErrRetrievalBlocked}, "blocks retrieval", 2},
		{"blocked by current expiry", []int{409}, second, secretJSON("ACTIVE", merged(expiry("", true), map[string]any{"timeOfCurrentVersionExpiry": past})), nil,
			[]error{migrate.ErrRetrievalBlocked}, "blocks retrieval", 2},
		{"expired, not blocked", []int{409}, migrate.Selector{}, secretJSON("ACTIVE", expiry(past, false)), nil, nil, "is ACTIVE", 2},
		{"not yet expired", []int{409}, migrate.Selector{}, secretJSON("ACTIVE", expiry(future, true)), nil, nil, "is ACTIVE", 2},
		{"version pending", []int{409, 404, 400}, second, secretJSON("ACTIVE", nil), version(2, map[string]any{"timeOfDeletion": future}),
			[]error{migrate.ErrPendingDeletion}, "version 2 is scheduled for deletion, at 2027", 3},
		{"named version pending", []int{409}, migrate.Selector{VersionName: "two"}, secretJSON("ACTIVE", nil), version(2, map[string]any{"timeOfDeletion": future}),
			[]error{migrate.ErrPendingDeletion}, `version name "two"`, 3},
		{"staged version expired", []int{409}, migrate.Selector{Stage: "PREVIOUS"}, secretJSON("ACTIVE", expiry("", true)), version(2, map[string]any{"timeOfExpiry": past}),
			[]error{migrate.ErrRetrievalBlocked}, "version in stage PREVIOUS has expired", 3},
		{"no such version", []int{404, 400}, second, secretJSON("ACTIVE", nil), version(3, nil),
			[]error{migrate.ErrSourceVersionNotFound}, "the secret has no version 2; its current version is 3", 3},
		{"versions out of reach", []int{404}, second, secretJSON("ACTIVE", nil), nil, []error{migrate.ErrSourceVersionNotFound}, "out of reach", 3},
		{"versions out of reach, conflict", []int{409}, second, secretJSON("ACTIVE", nil), nil, nil, "", 3},
		{"version in order", []int{404}, second, secretJSON("ACTIVE", nil), version(2, nil), []error{migrate.ErrSourceNotFound}, "right to read its content", 3},
		{"version in order, conflict", []int{409}, second, secretJSON("ACTIVE", nil), version(2, nil), nil, "", 3},
		{"no right to content", []int{404}, migrate.Selector{}, secretJSON("ACTIVE", nil), nil, []error{migrate.ErrSourceNotFound}, "right to read its content", 2},
		{"current has no right to content", []int{404}, migrate.Selector{Stage: "CURRENT"}, secretJSON("ACTIVE", nil), nil, []error{migrate.ErrSourceNotFound}, "right", 2},
		{"failed", []int{409}, migrate.Selector{}, secretJSON("FAILED", nil), nil, nil, "is FAILED", 2},
		{"nothing answers", []int{404}, migrate.Selector{}, nil, nil, []error{migrate.ErrSourceNotFound}, "", 2},
		{"nothing answers, version asked", []int{404}, second, nil, nil, []error{migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound}, "", 2},
		{"bad request, metadata out of reach", []int{400}, second, nil, nil, nil, "", 2},
		{"unauthorized", []int{401}, second, nil, nil, []error{migrate.ErrUnauthenticated}, "", 1},
		{"forbidden", []int{403}, second, nil, nil, []error{migrate.ErrSourceForbidden}, "", 1},
	} {
		for _, status := range c.statuses {
			t.Run(c.name+" "+http.StatusText(status), func(t *testing.T) {
				client, log, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					switch {
					case strings.Contains(r.URL.Path, "secretbundles"):
						refuse(w, status, "Code", "message of the bundle")
					case strings.HasSuffix(r.URL.Path, "/versions") && c.versions != nil:
						reply(w, 200, c.versions)
					case !strings.HasSuffix(r.URL.Path, "/versions") && c.secret != nil:
						reply(w, 200, c.secret)
					default:
						refuse(w, 404, "NotAuthorizedOrNotFound", "message of the metadata")
					}
				})
				_, err := client.Bundle(t.Context(), testSecret, c.selector)
				hasKinds(t, err, c.want...)
				var failed *Error
				if !errors.As(err, &failed) || failed.Status != status || failed.Operation != "GetSecretBundle" || failed.Message != "message of the bundle" {
					t.Errorf("the bundle's own error is gone: %v", err)
				}
				if !strings.Contains(err.Error(), c.detail) || (c.detail == "" && failed.detail != "") {
					t.Errorf("%v does not say %q", err, c.detail)
				}
				if len(c.want) > 0 && failed.Remedy() == "" {
					t.Errorf("no remedy for %v", err)
				}
				if log.count() != c.requests {
					t.Errorf("%d requests, want %d", log.count(), c.requests)
				}
			})
		}
	}
}

func TestBundleByNameNotFound(t *testing.T) {
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 404, "NotAuthorizedOrNotFound", "no") })
	_, err := client.BundleByName(t.Context(), testVault, "DB", migrate.Selector{})
	hasKinds(t, err, migrate.ErrSourceNotFound)
	if !strings.Contains(err.Error(), `GetSecretBundleByName "DB" in `+testVault) || !strings.Contains(remedy(err), "upper and lower case") {
		t.Errorf("%v, remedy %q", err, remedy(err))
	}
	_, err = client.BundleByName(t.Context(), testVault, "DB", migrate.Selector{VersionNumber: 9})
	hasKinds(t, err, migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound)
	if log.count() != 2 {
		t.Errorf("%d requests", log.count())
	}
}

func TestDecodeTakesWhatOCIProduces(t *testing.T) {
	for _, content := range []string{"", "a", "ab", "abc", canary, strings.Repeat("\xff\x00", 12800)} {
		got, err := decode(base64.StdEncoding.EncodeToString([]byte(content)))
		if err != nil || string(got) != content {
			t.Errorf("%d bytes: %v", len(content), err)
		}
	}
}

// A cancelled question why content is out of reach has no answer; taking the
// first refusal for one would make a secret look missing.
func TestCancelledFollowUpIsCancelled(t *testing.T) {
	for _, last := range []string{"/secrets/" + testSecret, "/versions"} {
		ctx, cancel := context.WithCancel(t.Context())
		client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, "secretbundles"):
				refuse(w, 404, "NotAuthorizedOrNotFound", "no")
			case strings.HasSuffix(r.URL.Path, last):
				cancel()
				<-r.Context().Done()
			default:
				reply(w, 200, secretJSON("ACTIVE", nil))
			}
		})
		_, err := client.Bundle(ctx, testSecret, migrate.Selector{VersionNumber: 2})
		hasKinds(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", last, err)
		}
	}
}
