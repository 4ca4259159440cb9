package ociemu_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/secrets"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

const getBundle = "secrets.GetSecretBundle"

// statuses reads a secret several times and gives the statuses answered.
func (w *world) statuses(t *testing.T, secretID string, times int) []int {
	t.Helper()
	var got []int
	for range times {
		got = append(got, w.signed(t, "GET", "/20190301/secretbundles/"+secretID).StatusCode)
	}
	return got
}

func TestFaultRulesChooseRequests(t *testing.T) {
	for name, c := range map[string]struct {
		fault ociemu.Fault
		want  []int
	}{
		"all":          {ociemu.Fault{}, []int{500, 500, 500, 500, 500, 500}},
		"the third":    {ociemu.Fault{Skip: 2, Count: 1}, []int{200, 200, 500, 200, 200, 200}},
		"every second": {ociemu.Fault{Every: 2}, []int{200, 500, 200, 500, 200, 500}},
		"every second, twice, after one": {
			ociemu.Fault{Skip: 1, Every: 2, Count: 2}, []int{200, 200, 500, 200, 500, 200},
		},
		"the call":       {ociemu.Fault{Call: getBundle, Count: 1}, []int{500, 200, 200, 200, 200, 200}},
		"another call":   {ociemu.Fault{Call: "vault.GetSecret"}, []int{200, 200, 200, 200, 200, 200}},
		"another method": {ociemu.Fault{Method: "POST"}, []int{200, 200, 200, 200, 200, 200}},
		"the path":       {ociemu.Fault{Path: regexp.MustCompile(`^/20190301/`), Count: 1}, []int{500, 200, 200, 200, 200, 200}},
		"another query":  {ociemu.Fault{Query: regexp.MustCompile(`stage=`)}, []int{200, 200, 200, 200, 200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.addSecret("a", "x")
			c.fault.Status = 500
			remove := w.AddFault(c.fault)
			if got := w.statuses(t, id, 6); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			remove()
			if got := w.statuses(t, id, 1); got[0] != 200 {
				t.Errorf("after the removal: %d", got[0])
			}
		})
	}
}

func TestFaultAnswers(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	for _, c := range []struct {
		fault ociemu.Fault
		code  string
	}{
		{ociemu.Fault{Status: 429, RetryAfter: "7"}, "TooManyRequests"},
		{ociemu.Fault{Status: 500}, "InternalServerError"},
		{ociemu.Fault{Status: 503}, "ServiceUnavailable"},
		{ociemu.Fault{Status: 400, Code: "QuotaExceeded", Message: "no more"}, "QuotaExceeded"},
	} {
		remove := w.AddFault(c.fault)
		_, err := w.bundle(t.Context(), id)
		wantRefusal(t, err, c.fault.Status, c.code)
		if c.fault.Message != "" && !strings.Contains(err.Error(), c.fault.Message) {
			t.Errorf("the message is not in %v", err)
		}
		response := w.signed(t, "GET", "/20190301/secretbundles/"+id)
		if got := response.Header.Get("Retry-After"); got != c.fault.RetryAfter {
			t.Errorf("Retry-After %q, want %q", got, c.fault.RetryAfter)
		}
		remove()
	}
	w.AddFault(ociemu.Fault{Status: 502, RawBody: "<html>bad gateway</html>"})
	response := w.signed(t, "GET", "/20190301/secretbundles/"+id)
	body := must(io.ReadAll(response.Body))
	if response.StatusCode != 502 || string(body) != "<html>bad gateway</html>" || response.Header.Get("Content-Type") != "text/html" {
		t.Errorf("status %d, body %q", response.StatusCode, body)
	}
}

func TestFaultsDoNotHideWrongSignatures(t *testing.T) {
	w := newWorld(t)
	w.AddFault(ociemu.Fault{Status: 503})
	response := must(http.Get(w.url + "/20160918/regions"))
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", response.StatusCode)
	}
}

func TestDrops(t *testing.T) {
	for name, c := range map[string]struct {
		drop   ociemu.Drop
		status int
		fault  string
	}{
		"before the answer": {ociemu.DropBeforeAnswer, 0, "drop before answer"},
		"mid-body":          {ociemu.DropMidBody, 200, "drop mid-body"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.addSecret("a", strings.Repeat("long ", 1000))
			w.AddFault(ociemu.Fault{Call: getBundle, Drop: c.drop})
			_, err := w.bundle(t.Context(), id)
			var refusal common.ServiceError
			if err == nil || errors.As(err, &refusal) {
				t.Errorf("error %v, want one of the connection", err)
			}
			if record := w.Requests()[0]; record.Status != c.status || record.Fault != c.fault {
				t.Errorf("record: %+v", record)
			}
		})
	}
}

func TestLatency(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	remove := w.AddFault(ociemu.Fault{Latency: 50 * time.Millisecond})
	begin := time.Now()
	if _, err := w.bundle(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("took %s", took)
	}
	remove()

	w.AddFault(ociemu.Fault{Latency: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	w.OnRequest(func(*ociemu.RequestRecord) { cancel() })
	r := must(http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/20160918/regions", nil))
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestRateLimit(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	w := newWorld(t, ociemu.WithClock(func() time.Time { mu.Lock(); defer mu.Unlock(); return now }))
	id := w.addSecret("a", "x")
	w.SetRateLimit(2, getBundle)
	if got := w.statuses(t, id, 4); !slices.Equal(got, []int{200, 200, 429, 429}) {
		t.Errorf("in the first second: %v", got)
	}
	if got := w.signed(t, "GET", "/20160918/regions").StatusCode; got != 200 {
		t.Errorf("another call: %d", got)
	}
	_, err := w.bundle(t.Context(), id)
	wantRefusal(t, err, 429, "TooManyRequests")
	if !strings.Contains(err.Error(), "User-rate limit exceeded.") {
		t.Errorf("message: %v", err)
	}
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	if got := w.statuses(t, id, 3); !slices.Equal(got, []int{200, 200, 429}) {
		t.Errorf("in the next second: %v", got)
	}
	w.ClearFaults()
	if got := w.statuses(t, id, 3); !slices.Equal(got, []int{200, 200, 200}) {
		t.Errorf("without limit: %v", got)
	}
}

func TestThrottleEverySecond(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "x")
	w.ThrottleEverySecond(getBundle)
	if got := w.statuses(t, id, 4); !slices.Equal(got, []int{200, 429, 200, 429}) {
		t.Errorf("got %v", got)
	}
}

func TestHookChangesTheAnswerToItsRequest(t *testing.T) {
	w := newWorld(t)
	id := w.addSecret("a", "old")
	remove := w.OnRequest(func(r *ociemu.RequestRecord) {
		if r.Call == getBundle && w.Count(getBundle) == 2 {
			must(w.AddVersion(id, []byte("new")))
		}
	})
	request := secrets.GetSecretBundleRequest{SecretId: &id}
	for _, want := range []string{"1 old [CURRENT LATEST]", "2 new [CURRENT LATEST]"} {
		if got := w.read(t, request); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	remove()
	w.Reset()
	w.read(t, request)
	if got := w.read(t, request); got != "2 new [CURRENT LATEST]" {
		t.Errorf("after the removal: %s", got)
	}
}

func TestRequestLog(t *testing.T) {
	w := newWorld(t)
	const canary = "canary-6f1f0a52"
	id := w.addSecret("a", canary)
	response, err := w.secrets.GetSecretBundle(t.Context(), secrets.GetSecretBundleRequest{
		SecretId: &id, Stage: "CURRENT", OpcRequestId: common.String("mine"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*response.OpcRequestId, "mine/") {
		t.Errorf("opc-request-id %q", *response.OpcRequestId)
	}
	record := w.Requests()[0]
	if record.Number != 1 || record.Method != "GET" || record.Path != "/20190301/secretbundles/"+id ||
		record.RawQuery != "stage=CURRENT" || record.Call != getBundle || record.Status != 200 || record.Write ||
		record.RequestID != *response.OpcRequestId || record.InFlight != 1 || time.Since(record.Time) > time.Minute {
		t.Errorf("record: %+v", record)
	}
	w.signed(t, "GET", "/20180608/secrets/"+id)
	if w.Count(getBundle) != 1 || w.Count("") != 2 || w.MaxInFlight() != 1 {
		t.Errorf("counts %d and %d, in flight %d", w.Count(getBundle), w.Count(""), w.MaxInFlight())
	}
	w.Reset()
	if len(w.Requests()) != 0 || w.MaxInFlight() != 0 {
		t.Error("Reset leaves something behind")
	}
}

func TestMaxInFlight(t *testing.T) {
	const parallel = 5
	w := newWorld(t)
	id := w.addSecret("a", "x")
	var arrived sync.WaitGroup
	arrived.Add(parallel)
	w.OnRequest(func(*ociemu.RequestRecord) { arrived.Done(); arrived.Wait() })
	var done sync.WaitGroup
	for range parallel {
		done.Go(func() {
			if _, err := w.bundle(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if got := w.MaxInFlight(); got != parallel {
		t.Errorf("in flight %d, want %d", got, parallel)
	}
}
