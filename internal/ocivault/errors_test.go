package ocivault

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// sentinels are all kinds that an error may have.
var sentinels = []error{
	migrate.ErrSourceNotFound, migrate.ErrSourceVersionNotFound, migrate.ErrSourceForbidden, migrate.ErrUnauthenticated,
	migrate.ErrThrottled, migrate.ErrPendingDeletion, migrate.ErrRetrievalBlocked, migrate.ErrNotBase64,
	migrate.ErrSourceUnavailable, ErrUnexpectedAnswer, errWriteRefused,
}

// hasKinds checks that an error is of these kinds and of no other.
func hasKinds(t *testing.T, err error, want ...error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, sentinel := range sentinels {
		wanted := slices.Contains(want, sentinel)
		if errors.Is(err, sentinel) != wanted {
			t.Errorf("is %q: %v, want %v; the error is %v", sentinel, !wanted, wanted, err)
		}
	}
}

func TestStatusBecomesKind(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		kind   []error
		remedy string
	}{
		{400, "InvalidParameter", nil, ""},
		{401, "NotAuthenticated", []error{migrate.ErrUnauthenticated}, "API key with this fingerprint"},
		{403, "NotAllowed", []error{migrate.ErrSourceForbidden}, "read secrets in compartment"},
		{404, "NotAuthorizedOrNotFound", []error{migrate.ErrSourceNotFound}, "Check the OCID and the region, and grant: allow group <group> to read secrets"},
		{409, "IncorrectState", nil, ""},
		{412, "NoEtagMatch", nil, ""},
		{429, "TooManyRequests", []error{migrate.ErrThrottled}, "max_concurrency"},
		{500, "InternalServerError", []error{migrate.ErrSourceUnavailable}, "retry_max_elapsed"},
		{501, "NotImplemented", []error{migrate.ErrSourceUnavailable}, "retry_max_elapsed"},
		{503, "ServiceUnavailable", []error{migrate.ErrSourceUnavailable}, "retry_max_elapsed"},
	} {
		t.Run(c.code, func(t *testing.T) {
			client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, c.status, c.code, "some message") },
				func(c *Config) { c.RetryMaxElapsed = -1 })
			_, err := client.Describe(t.Context(), testSecret)
			hasKinds(t, err, c.kind...)
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("%T", err)
			}
			if failed.Operation != "GetSecret" || failed.Identity != testSecret || failed.Status != c.status || failed.Code != c.code ||
				failed.Message != "some message" || failed.RequestID != "REQUEST-1" || failed.Attempts != 1 {
				t.Errorf("got %+v", failed)
			}
			if got := failed.Remedy(); !strings.Contains(got, c.remedy) || (c.remedy == "") != (got == "") {
				t.Errorf("remedy %q, want %q", got, c.remedy)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]*Error{
		"GetSecretBundle X: 404 NotAuthorizedOrNotFound: no (opc-request-id: R)": {
			Operation: "GetSecretBundle", Identity: "X", Status: 404, Code: "NotAuthorizedOrNotFound", Message: "no", RequestID: "R", Attempts: 1},
		"GetSecret X: 502 Bad Gateway after 3 attempts": {Operation: "GetSecret", Identity: "X", Status: 502, Attempts: 3},
		"GetSecret X: broken; it was so":                {Operation: "GetSecret", Identity: "X", Message: "broken", detail: "it was so"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestInterruptedTellsTheLastFailure(t *testing.T) {
	last := &Error{Status: 429, Code: "TooManyRequests", Message: "slow", RequestID: "R"}
	cause := errors.New("ended")
	got := interrupted("GetSecret", "X", cause, 2, last)
	if text := interrupted("GetSecret", "X", cause, 0, nil).Error(); text != "GetSecret X: ended" {
		t.Errorf("before any attempt: %s", text)
	}
	want := "GetSecret X: ended after 2 attempts; the last attempt failed: 429 TooManyRequests: slow (opc-request-id: R)"
	if got.Error() != want || !errors.Is(got, cause) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestClockSkewIsTheRemedyOf401(t *testing.T) {
	for offset, want := range map[time.Duration]string{
		10 * time.Minute:  "10m0s behind OCI's",
		-10 * time.Minute: "10m0s ahead of OCI's",
		time.Minute:       "API key with this fingerprint",
	} {
		client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", start.Add(offset).Format(http.TimeFormat))
			refuse(w, 401, "NotAuthenticated", "no")
		})
		_, err := client.Describe(t.Context(), testSecret)
		if got := remedy(err); !strings.Contains(got, want) {
			t.Errorf("%s: remedy %q, want %q", offset, got, want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	client, _, clock := serve(t, nil, func(c *Config) { c.Endpoints.Vaults = "http://127.0.0.1:1" })
	_, err := client.Describe(t.Context(), testSecret)
	hasKinds(t, err, migrate.ErrSourceUnavailable)
	if !strings.Contains(err.Error(), "connection refused") || len(clock.sleeps()) == 0 {
		t.Errorf("got %v, slept %v", err, clock.sleeps())
	}
	if got := remedy(err); !strings.Contains(got, "proxy") {
		t.Errorf("remedy %q", got)
	}
}

// TestPromiseNoLeak_ErrorsCarryNoBody has the answer, of whatever kind, carry a
// value that no error may show.
func TestPromiseNoLeak_ErrorsCarryNoBody(t *testing.T) {
	long := strings.Repeat("x", 600)
	for name, c := range map[string]struct {
		status int
		body   string
		kinds  []error
	}{
		"HTML error":        {502, "<html>" + canary + "</html>", []error{migrate.ErrSourceUnavailable}},
		"other JSON error":  {500, `{"errors":["` + canary + `"]}`, []error{migrate.ErrSourceUnavailable}},
		"JSON list error":   {404, `["` + canary + `"]`, []error{migrate.ErrSourceNotFound}},
		"HTML success":      {200, "<html>" + canary, []error{ErrUnexpectedAnswer}},
		"broken JSON":       {200, `{"id":"` + canary, []error{ErrUnexpectedAnswer}},
		"wrong types":       {200, `{"id":{"` + canary + `":1},"currentVersionNumber":"` + canary + `"}`, []error{ErrUnexpectedAnswer}},
		"wrong time":        {200, `{"timeCreated":"` + canary + `"}`, []error{ErrUnexpectedAnswer}},
		"nothing":           {200, "", []error{ErrUnexpectedAnswer}},
		"redirect":          {302, canary, []error{ErrUnexpectedAnswer}},
		"null":              {200, "null", []error{ErrUnexpectedAnswer}},
		"object of nothing": {200, "{}", []error{ErrUnexpectedAnswer}},
	} {
		t.Run(name, func(t *testing.T) {
			client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/"+canary)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}, func(c *Config) { c.RetryMaxElapsed = -1 })
			_, err := client.Describe(t.Context(), testSecret)
			hasKinds(t, err, c.kinds...)
			if strings.Contains(err.Error()+remedy(err), canary) {
				t.Errorf("%v shows the body", err)
			}
			if log.count() != 1 {
				t.Errorf("%d requests", log.count())
			}
		})
	}
	client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, "C", "a\r\nb\x1b[31m "+long) })
	_, err := client.Describe(t.Context(), testSecret)
	if text := err.Error(); strings.ContainsAny(text, "\r\n\x1b") || len(text) > 700 {
		t.Errorf("a foreign message came through as it is: %q", text)
	}
}

func TestTooLargeAnswer(t *testing.T) {
	client, log, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"`+strings.Repeat("a", maxAnswer)+`"}`)
	})
	_, err := client.Describe(t.Context(), testSecret)
	hasKinds(t, err, ErrUnexpectedAnswer)
	if log.count() != 1 || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("%v after %d requests", err, log.count())
	}
}
