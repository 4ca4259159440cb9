package provider_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// many adds secrets and returns pins of their first versions, by name.
func many(h *acctest.Harness, count int) map[string]string {
	h.Helper()
	pins := map[string]string{}
	for i := range count {
		name := fmt.Sprintf("app-%03d", i)
		pins[name] = h.Secret(name, fmt.Sprintf(`{"password":"value-%03d"}`, i)) + "@1"
	}
	return pins
}

// arrived checks that each secret is there, written once.
func arrived(h *acctest.Harness, pins map[string]string) {
	h.Helper()
	for name := range pins {
		if got, want := h.KV2("credentials", name), fmt.Sprintf(`{"password":"value-%s"}`, strings.TrimPrefix(name, "app-")); got != want {
			h.Errorf("%s: stored %s, want %s", name, got, want)
		}
		if got := fmt.Sprint(h.Data("credentials/metadata/" + name)["current_version"]); got != "1" {
			h.Errorf("%s was written %s times", name, got)
		}
	}
}

// answers are the requests that the source answered and those that it refused
// for their number.
func answers(h *acctest.Harness) (given, refused []ociemu.RequestRecord) {
	for _, request := range h.OCI.Requests() {
		if request.Status == http.StatusTooManyRequests {
			refused = append(refused, request)
		} else {
			given = append(given, request)
		}
	}
	return given, refused
}

// bundles counts those among the requests that read a content.
func bundles(requests []ociemu.RequestRecord) int {
	count := 0
	for _, request := range requests {
		if request.Call == "secrets.GetSecretBundle" {
			count++
		}
	}
	return count
}

// Under a source that throttles every secret arrives, read once. In which time is for
// the tests of the pace to say, whose time is virtual; here it is far less than doubled
// pauses would take, on any machine.
func TestThrottling(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		count    int
		throttle func(*acctest.Harness)
	}{
		"ten a second":    {100, func(h *acctest.Harness) { h.OCI.SetRateLimit(10) }},
		"half is refused": {200, func(h *acctest.Harness) { h.OCI.ThrottleEverySecond("") }},
	} {
		t.Run(name, func(t *testing.T) {
			h := acctest.New(t)
			h.MountKV("credentials", "2")
			pins := many(h, test.count)
			h.Configure(bulk(pins))
			test.throttle(h)
			h.Apply()
			h.OCI.ClearFaults()
			given, refused := answers(h)
			took := given[len(given)-1].Time.Sub(given[0].Time)
			t.Logf("%s for %d requests with %d refusals", took, len(given), len(refused))
			if got := bundles(given); got != test.count {
				t.Errorf("%d reads of %d secrets", got, test.count)
			}
			if took > 2*time.Minute {
				t.Errorf("took %s", took)
			}
			if len(refused) > 2*len(given) {
				t.Errorf("%d refusals", len(refused))
			}
			arrived(h, pins)
			h.Plan(0)
		})
	}
}

// Cancelling under a slow source that throttles ends long before its answers come or
// are given up; the next apply does the rest, and each secret is written once.
func TestThrottling_Cancelled(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	pins := many(h, 100)
	h.Configure(bulk(pins))
	removeLatency := h.OCI.AddFault(ociemu.Fault{Name: "slow", Latency: time.Minute, Every: 7})
	h.OCI.SetRateLimit(10)
	command := h.Work.Command(h.Context(), "apply", "-auto-approve", "-input=false")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	waitForReads(h, command, 20)
	interrupted := time.Now()
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Fatalf("the apply was not interrupted:\n%s", output.String())
	}
	if took := time.Since(interrupted); took > 15*time.Second {
		t.Errorf("it ended %s after the interrupt", took)
	}
	if strings.Contains(h.Work.Read("terraform.tfstate"), "tainted") {
		t.Error("something is tainted")
	}
	removeLatency()
	h.OCI.ClearFaults()
	h.Apply()
	arrived(h, pins)
	h.Plan(0)
}

// waitForReads returns when the source has given so many bundles.
func waitForReads(h *acctest.Harness, command *exec.Cmd, count int) {
	h.Helper()
	ended := time.Now().Add(2 * time.Minute)
	for {
		given, _ := answers(h)
		if bundles(given) >= count {
			return
		}
		if time.Now().After(ended) {
			_ = command.Process.Kill()
			h.Fatalf("only %d reads", len(given))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
