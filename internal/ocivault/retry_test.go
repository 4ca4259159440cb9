package ocivault

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// failing answers the first times as told and then with the secret.
func failing(times int, first func(w http.ResponseWriter)) http.HandlerFunc {
	var served atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) {
		if int(served.Add(1)) <= times {
			first(w)
			return
		}
		reply(w, 200, secretJSON("ACTIVE", nil))
	}
}

func TestRetriesWhatMayPass(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			client, log, clock := serve(t, failing(3, func(w http.ResponseWriter) { refuse(w, status, "Code", "later") }))
			if _, err := client.Describe(t.Context(), testSecret); err != nil {
				t.Fatal(err)
			}
			if log.count() != 4 {
				t.Errorf("%d requests, want 4", log.count())
			}
			sleeps := clock.sleeps()
			if len(sleeps) != 3 {
				t.Fatalf("slept %v, want three times", sleeps)
			}
			for i, expected := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
				if sleeps[i] < expected/2 || sleeps[i] > expected*3/2 {
					t.Errorf("delay %d is %s, want %s give or take half", i+1, sleeps[i], expected)
				}
			}
		})
	}
}

func TestRetriesBrokenConnections(t *testing.T) {
	for name, broken := range map[string]func(w http.ResponseWriter){
		"no answer": func(w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.Close()
		},
		"half an answer": func(w http.ResponseWriter) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":")
			_ = conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, log, clock := serve(t, failing(2, broken))
			if _, err := client.Describe(t.Context(), testSecret); err != nil {
				t.Fatal(err)
			}
			if log.count() != 3 || len(clock.sleeps()) != 2 {
				t.Errorf("%d requests, slept %v", log.count(), clock.sleeps())
			}
		})
	}
}

func TestNeverRetriesRefusals(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 409, 412, 501} {
		client, log, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, "Code", "no") })
		if _, err := client.Describe(t.Context(), testSecret); err == nil {
			t.Errorf("%d gave no error", status)
		}
		if log.count() != 1 || len(clock.sleeps()) != 0 {
			t.Errorf("%d: %d requests, slept %v", status, log.count(), clock.sleeps())
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         time.Duration // 0: some backoff delay instead
	}{
		{"seconds", "17", 17 * time.Second},
		{"date", start.Add(40 * time.Second).Format(http.TimeFormat), 40 * time.Second},
		{"past date", start.Add(-time.Hour).Format(http.TimeFormat), 0},
		{"zero", "0", 0},
		{"negative", "-5", 0},
		{"nonsense", "soon", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, _, clock := serve(t, failing(1, func(w http.ResponseWriter) {
				w.Header().Set("Retry-After", c.header)
				refuse(w, 429, "TooManyRequests", "User-rate limit exceeded.")
			}))
			if _, err := client.Describe(t.Context(), testSecret); err != nil {
				t.Fatal(err)
			}
			elapsed := clock.Now().Sub(start)
			if (c.want != 0 && elapsed != c.want) || elapsed < 50*time.Millisecond || (c.want == 0 && elapsed > time.Second) {
				t.Errorf("slept %v, want %v", clock.sleeps(), c.want)
			}
		})
	}
	if got := parseRetryAfter("99999999999", start); got != 24*time.Hour {
		t.Errorf("a huge Retry-After is %s", got)
	}
}

func TestRetryEndsInTime(t *testing.T) {
	always := func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, 429, "TooManyRequests", "User-rate limit exceeded.")
	}
	client, log, clock := serve(t, always, func(c *Config) { c.RetryMaxElapsed = 90 * time.Second })
	_, err := client.Describe(t.Context(), testSecret)
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, migrate.ErrThrottled) {
		t.Fatal(err)
	}
	if elapsed := clock.Now().Sub(start); elapsed > 90*time.Second || elapsed < 40*time.Second {
		t.Errorf("gave up after %s of 90 s", elapsed)
	}
	if failed.Attempts != log.count() || failed.Attempts < 4 {
		t.Errorf("%d attempts said, %d made", failed.Attempts, log.count())
	}
	if !strings.Contains(failed.Remedy(), "max_concurrency") {
		t.Errorf("remedy %q", failed.Remedy())
	}

	t.Run("Retry-After beyond", func(t *testing.T) {
		client, log, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "600")
			refuse(w, 429, "TooManyRequests", "")
		})
		_, err := client.Describe(t.Context(), testSecret)
		if !errors.Is(err, migrate.ErrThrottled) || log.count() != 1 || len(clock.sleeps()) != 0 {
			t.Errorf("%v after %d requests, slept %v", err, log.count(), clock.sleeps())
		}
	})
	t.Run("no retries", func(t *testing.T) {
		client, log, _ := serve(t, always, func(c *Config) { c.RetryMaxElapsed = -1 })
		if _, err := client.Describe(t.Context(), testSecret); !errors.Is(err, migrate.ErrThrottled) || log.count() != 1 {
			t.Errorf("%v after %d requests", err, log.count())
		}
	})
}

// A refusal for the number of requests is repeated soon.
func TestThrottlingIsRetriedSoon(t *testing.T) {
	client, log, clock := serve(t, failing(2, func(w http.ResponseWriter) { refuse(w, 429, "TooManyRequests", "") }))
	if _, err := client.Describe(t.Context(), testSecret); err != nil {
		t.Fatal(err)
	}
	if elapsed := clock.Now().Sub(start); log.count() != 3 || elapsed < 100*time.Millisecond || elapsed > 500*time.Millisecond {
		t.Errorf("%d requests in %s", log.count(), elapsed)
	}
}

func TestConcurrencyIsBoundedAcrossServices(t *testing.T) {
	const bound = 3
	var active, most, arrived atomic.Int64
	full := make(chan struct{})
	client, _, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		now := active.Add(1)
		defer active.Add(-1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		// The first ones wait for each other, the others give a further one time to come.
		if arrived.Add(1) == bound {
			close(full)
		}
		select {
		case <-full:
		case <-r.Context().Done():
		}
		time.Sleep(2 * time.Millisecond)
		if strings.HasSuffix(r.URL.Path, "/vaults") {
			reply(w, 200, []any{})
			return
		}
		reply(w, 200, secretJSON("ACTIVE", nil))
	}, func(c *Config) { c.MaxConcurrency = bound })
	var wg sync.WaitGroup
	for range 15 {
		wg.Go(func() { _, _ = client.Describe(t.Context(), testSecret) })
		wg.Go(func() { _, _ = client.ListVaults(t.Context(), testCompartment) })
	}
	wg.Wait()
	if most.Load() != bound {
		t.Errorf("%d requests at once, want %d", most.Load(), bound)
	}
}

// A cancelled call ends at once, wherever it is, and leaves no goroutine behind. The
// server that hangs answers only after that.
func TestCancellation(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{}, 1)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}
	defer close(release)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		prepare func(*testClock, context.CancelFunc)
	}{
		"in a request": {hang, func(_ *testClock, cancel context.CancelFunc) {
			go func() {
				<-asked
				cancel()
			}()
		}},
		"between attempts": {
			func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, "ServiceUnavailable", "busy") },
			func(clock *testClock, cancel context.CancelFunc) { clock.before = func(time.Duration) { cancel() } },
		},
		"before the first": {hang, func(_ *testClock, cancel context.CancelFunc) { cancel() }},
	} {
		t.Run(name, func(t *testing.T) {
			client, _, clock := serve(t, c.handler)
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.prepare(clock, cancel)
			_, err := client.Describe(ctx, testSecret)
			if !errors.Is(err, context.Canceled) || errors.Is(err, migrate.ErrSourceUnavailable) {
				t.Errorf("got %v", err)
			}
			client.Close()
			waitFor(t, func() bool { return runtime.NumGoroutine() <= before })
		})
	}
}

// The SDK must not see a cancellation: its retry code races and leaks then.
func TestSDKGetsNoCancellation(t *testing.T) {
	client, _, _ := serve(t, nil)
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "kept"))
	defer cancel()
	_, _ = call(ctx, client, "GetSecret", testSecret, func(ctx context.Context) (int, error) {
		if ctx.Done() != nil || ctx.Value(contextKey{}) != "kept" {
			t.Errorf("the SDK gets %v", ctx)
		}
		return 0, nil
	})
}

// Without time for retries a cancelled request is still no silence of OCI.
func TestCancellationWithoutRetries(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, _, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() },
		func(c *Config) { c.RetryMaxElapsed = -1 })
	_, err := client.Describe(ctx, testSecret)
	if hasKinds(t, err); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDeadline(t *testing.T) {
	client, _, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Describe(ctx, testSecret); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A timeout of the HTTP client is OCI's silence, not the end of the caller's context.
func TestRequestTimeoutIsUnavailable(t *testing.T) {
	client, log, clock := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		func(c *Config) { c.RetryMaxElapsed = 5 * time.Second })
	client.dispatcher.client.Timeout = 20 * time.Millisecond
	_, err := client.Describe(t.Context(), testSecret)
	if !errors.Is(err, migrate.ErrSourceUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if log.count() < 2 || len(clock.sleeps()) != log.count()-1 {
		t.Errorf("%d requests, slept %v", log.count(), clock.sleeps())
	}
}

// What will not go away is told at once.
func TestHopelessConnectionsAreNotRetried(t *testing.T) {
	t.Run("unknown authority", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the refused certificate
		server.StartTLS()
		defer server.Close()
		client, _, clock := serve(t, nil, func(c *Config) { c.Endpoints.Vaults = server.URL })
		_, err := client.Describe(t.Context(), testSecret)
		if !errors.Is(err, migrate.ErrSourceUnavailable) || !strings.Contains(err.Error(), "certificate") || len(clock.sleeps()) != 0 {
			t.Errorf("got %v, slept %v", err, clock.sleeps())
		}
	})
	t.Run("no such host", func(t *testing.T) {
		client, _, clock := serve(t, nil, func(c *Config) {
			c.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}
			})
		})
		_, err := client.Describe(t.Context(), testSecret)
		if !errors.Is(err, migrate.ErrSourceUnavailable) || len(clock.sleeps()) != 0 || !strings.Contains(remedy(err), "region") {
			t.Errorf("got %v, slept %v", err, clock.sleeps())
		}
	})
}

func TestOwnRootIsTrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, secretJSON("ACTIVE", nil))
	}))
	defer server.Close()
	client, _, _ := serve(t, nil, func(c *Config) {
		c.Endpoints.Vaults = server.URL
		c.CACertPEM = certificatePEM(server.Certificate().Raw)
	})
	if _, err := client.Describe(t.Context(), testSecret); err != nil {
		t.Error(err)
	}
}

type contextKey struct{}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			buffer := make([]byte, 1<<16)
			t.Fatalf("still not:\n%s", buffer[:runtime.Stack(buffer, true)])
		}
	}
}
