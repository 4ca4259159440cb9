package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// waitPast waits until a time of the state is over.
func waitPast(h *acctest.Harness, attribute string) {
	h.Helper()
	waitUntil(h, stateText(h, attribute))
}

func waitUntil(h *acctest.Harness, text string) {
	h.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		h.Fatal(err)
	}
	time.Sleep(time.Until(at) + 10*time.Millisecond)
}

// born is when the secret ID of the state was made.
func born(h *acctest.Harness) time.Time {
	h.Helper()
	at, err := time.Parse(time.RFC3339Nano, stateText(h, "creation_time"))
	if err != nil {
		h.Fatal(err)
	}
	return at
}

// previousAccessors are the accessors in the state that were rotated out, with
// the time of their revocation.
func previousAccessors(h *acctest.Harness) map[string]any {
	h.Helper()
	previous, _ := h.State("ocibao_approle_secret_id.this", "previous_accessors").(map[string]any)
	return previous
}

// runningClient logs in as the role all the time, with the secret ID that it has, and
// reads with the token where it is given a path.
type runningClient struct {
	mu       sync.Mutex
	secretID string
	reads    string
	logins   int
	failures []int
	stop     chan struct{}
	stopped  chan struct{}
}

// runs starts a client that logs in again and again until end.
func runs(h *acctest.Harness, secretID string, reads ...string) *runningClient {
	h.Helper()
	c := &runningClient{secretID: secretID, reads: strings.Join(reads, ""), stop: make(chan struct{}), stopped: make(chan struct{})}
	roleID, _ := h.Data("auth/approle/role/app/role-id")["role_id"].(string)
	go func() {
		defer close(c.stopped)
		for {
			select {
			case <-c.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			c.mu.Lock()
			status, answer, err := h.Bao.Call(h.Context(), http.MethodPost, "", "auth/approle/login", map[string]string{"role_id": roleID, "secret_id": c.secretID})
			c.logins++
			if err == nil && status == http.StatusOK && c.reads != "" {
				auth, _ := answer["auth"].(map[string]any)
				token, _ := auth["client_token"].(string)
				status, _, err = h.Bao.Call(h.Context(), http.MethodGet, token, c.reads, nil)
			}
			if err != nil || status != http.StatusOK {
				c.failures = append(c.failures, status)
			}
			c.mu.Unlock()
		}
	}()
	return c
}

// takes gives the client another secret ID.
func (c *runningClient) takes(secretID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secretID = secretID
}

// ends stops the client when it has logged in often enough, which must have worked
// each time.
func (c *runningClient) ends(h *acctest.Harness) {
	h.Helper()
	h.Eventually(func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.logins >= 20
	})
	close(c.stop)
	<-c.stopped
	if len(c.failures) > 0 {
		h.Errorf("%d logins, of which %d failed: %v", c.logins, len(c.failures), c.failures)
	}
}

// A rotation is in the plan before it happens, with its reason. It makes the new
// secret ID first, and the next apply after the overlap revokes the old one: a
// client that takes the new one meanwhile never fails to log in.
func TestSecretID_RotatesUnderARunningClient(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID(`rotate_after = "4h"`, `rotation_overlap = "2s"`))
	settles(h)
	first := stateText(h, "accessor")
	_, unwrapped := unwrap(h)
	client := runs(h, unwrapped)
	inTime(h, func(within time.Duration) bool {
		h.Configure(secretID(fmt.Sprintf(`rotate_after = %q`, inSeconds(time.Since(born(h))+within)), `rotation_overlap = "2s"`))
		h.Apply()
		accessor := stateText(h, "accessor")
		if accessor == first {
			return true
		}
		// It was due already.
		first = accessor
		_, unwrapped = unwrap(h)
		client.takes(unwrapped)
		return false
	})
	waitPast(h, "rotation_time")
	h.Contains(h.Plan(2), "will be updated in-place", `rotation = "due" -> "current"`, `accessor = "`+first+`" -> (known after apply)`,
		`wrapping_token = (sensitive value)`, `+ "`+first+`" = (known after apply)`, "0 to add, 1 to change, 0 to destroy")
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "POST "+secretIDPath)
	second, previous := stateText(h, "accessor"), previousAccessors(h)
	if second == first || len(previous) != 1 || previous[first] == nil {
		t.Errorf("accessor %s, before it %s, previous %v", second, first, previous)
	}
	_, renewed := unwrap(h)
	client.takes(renewed)
	waitUntil(h, fmt.Sprint(previous[first]))
	h.Contains(h.Plan(2, "-out=revoke.tfplan"), `- "`+first+`" = "`+fmt.Sprint(previous[first])+`"`, "0 to add, 1 to change, 0 to destroy")
	h.Configure(secretID(`rotate_after = "4h"`, `rotation_overlap = "2s"`))
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "POST "+secretIDPath+"-accessor/destroy")
	h.Plan(0)
	client.ends(h)
	if left := accessors(h); len(left) != 1 || left[0] != second {
		t.Errorf("left are %v, want %s", left, second)
	}
	if login, _ := appLogin(h, unwrapped); login == http.StatusOK {
		t.Error("the old secret ID still works")
	}
}

// Destroying in the overlap revokes both, and without an overlap the old one is
// revoked by the same apply, after the new one was made.
func TestSecretID_Overlap(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	h.Apply()
	h.Configure(secretID(`metadata = { team = "payments" }`))
	settles(h)
	if both := accessors(h); len(both) != 2 || len(previousAccessors(h)) != 1 {
		t.Errorf("secret IDs %v, previous %v", both, previousAccessors(h))
	}
	// Rotated once more, each keeps its time.
	h.Configure(secretID(`metadata = { team = "billing" }`))
	settles(h)
	if all := accessors(h); len(all) != 3 || len(previousAccessors(h)) != 2 {
		t.Errorf("secret IDs %v, previous %v", all, previousAccessors(h))
	}
	// One that somebody revokes is forgotten, and the newest gone leaves the others.
	for accessor := range previousAccessors(h) {
		h.Operator(http.MethodPost, secretIDPath+"-accessor/destroy", map[string]string{"secret_id_accessor": accessor})
		break
	}
	h.Plan(0)
	h.Operator(http.MethodPost, secretIDPath+"-accessor/destroy", map[string]string{"secret_id_accessor": stateText(h, "accessor")})
	h.Contains(h.Plan(2), "Secret ID is gone", `rotation = "gone" -> "current"`, "0 to add, 1 to change, 0 to destroy")
	settles(h)
	if both := accessors(h); len(both) != 2 || len(previousAccessors(h)) != 1 {
		t.Errorf("secret IDs %v, previous %v", both, previousAccessors(h))
	}
	h.Configure(secretID(`rotation_overlap = "0s"`))
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "POST "+secretIDPath, "POST "+secretIDPath+"-accessor/destroy")
	h.Plan(0)
	destroys(h, "POST "+secretIDPath+"-accessor/destroy", "POST "+secretIDPath+"-accessor/destroy")
	if left := accessors(h); len(left) > 0 {
		t.Errorf("left after destroy: %v", left)
	}
}

// A rotation that fails between making and revoking is completed by the next run,
// and one whose outcome was lost leaves nothing behind.
func TestSecretID_RotationFails(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	h.Apply()
	first := stateText(h, "accessor")
	h.Configure(secretID(`rotation_overlap = "0s"`, `metadata = { n = "1" }`))
	h.Proxy.Before(func(r acctest.Request) bool { return strings.HasSuffix(r.Path, "secret-id-accessor/destroy") })
	h.ApplyFails("Unable to revoke secret ID of AppRole approle/app")
	h.Proxy.Before(nil)
	if second := stateText(h, "accessor"); second == first || previousAccessors(h)[first] == nil {
		t.Errorf("accessor %s, previous %v", second, previousAccessors(h))
	}
	h.Contains(h.Plan(2), `rotation = "overlap_ended" -> "current"`, `- "`+first)
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "POST "+secretIDPath+"-accessor/destroy")
	h.Plan(0)

	second := stateText(h, "accessor")
	h.Configure(secretID(`rotation_overlap = "0s"`, `metadata = { n = "2" }`))
	h.Proxy.After(func(r acctest.Request) bool { return r.Path == secretIDPath && r.Method == http.MethodPost })
	h.ApplyFails("Unable to rotate secret ID of AppRole approle/app", "A secret ID may have been left behind")
	h.Proxy.After(nil)
	if stateText(h, "accessor") != second || !slices.Contains(accessors(h), any(second)) || len(accessors(h)) != 2 {
		t.Errorf("the state has %s, the role %v", stateText(h, "accessor"), accessors(h))
	}
	h.Contains(h.Apply(), "A lost secret ID was revoked")
	if left := accessors(h); len(left) != 1 || left[0] != stateText(h, "accessor") {
		t.Errorf("the state has %s, the role %v", stateText(h, "accessor"), left)
	}
	h.Plan(0)
}

// A rotation that is killed at any of its writes, before or after the server has
// done it, leaves no secret ID behind that the next run does not know.
func TestSecretID_RotationKilled(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	h.Apply()
	team := 0
	for _, path := range []string{secretIDPath, secretIDPath + "-accessor/destroy"} {
		for name, hook := range map[string]func(func(acctest.Request) bool){"before": h.Proxy.Before, "after": h.Proxy.After} {
			team++
			h.Configure(secretID(`rotation_overlap = "0s"`, fmt.Sprintf(`metadata = { team = "%d" }`, team)))
			killWhen(h, hook, func(r acctest.Request) bool { return r.Method == http.MethodPost && r.Path == path })
			h.Apply()
			h.Plan(0)
			if left := accessors(h); len(left) != 1 || left[0] != stateText(h, "accessor") {
				t.Errorf("killed %s %s: the state has %s, the role %v", name, path, stateText(h, "accessor"), left)
			}
		}
	}
}

// The end of a secret ID is foreseen, and with rotate_after it does not come to it.
func TestSecretID_ExpiryForeseen(t *testing.T) {
	h := withRole(t, nil)
	// foresees makes a secret ID, and plans in the last third of its life.
	foresees := func(wait func(third time.Duration), exitCode int, texts ...string) {
		t.Helper()
		inTime(h, func(third time.Duration) bool {
			h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"secret_id_ttl": inSeconds(3 * third)})
			h.Apply("-replace=ocibao_approle_secret_id.this")
			wait(third)
			run := h.CLI("plan", "-detailed-exitcode", "-input=false")
			if time.Since(born(h)) > 3*third-time.Second {
				return false
			}
			if run.ExitCode != exitCode {
				t.Errorf("plan ended with %d, want %d", run.ExitCode, exitCode)
			}
			h.Contains(run, append(texts, stateText(h, "expiration_time"))...)
			return true
		})
	}
	h.Configure(secretID())
	foresees(func(third time.Duration) { waitUntil(h, born(h).Add(2*third).Format(time.RFC3339Nano)) },
		0, "A secret ID expires soon", "Set rotate_after")
	h.Configure(secretID(`rotate_after = "720h"`))
	h.Contains(h.Plan(2), `rotation_time = (known after apply)`, "0 to add, 1 to change, 0 to destroy")
	foresees(func(time.Duration) { waitPast(h, "rotation_time") },
		2, `rotation = "expiring" -> "current"`, "0 to add, 1 to change, 0 to destroy")
}

// The plan names a wrapping token that was used before its time was over, until an
// apply has noted it; one whose time is over changes nothing.
func TestSecretID_WrappingState(t *testing.T) {
	h := withRole(t, nil)
	h.Configure(secretID())
	settles(h)
	if state := stateText(h, "wrapping_state"); state != "waiting" {
		t.Errorf("at first it is %s", state)
	}
	unwrap(h)
	for range 2 {
		h.Contains(h.Plan(0), "A wrapping token was used", stateText(h, "wrapping_accessor"), "The server does not tell by whom", "-replace=")
	}
	h.Apply()
	h.Lacks(h.Plan(0), "A wrapping token was used")
	if state := stateText(h, "wrapping_state"); state != "unwrapped" {
		t.Errorf("after it was unwrapped it is %s", state)
	}
	h.Configure(strings.Replace(secretID(), "10m", "1s", 1))
	h.Apply("-replace=ocibao_approle_secret_id.this")
	waitPast(h, "wrapping_expiration_time")
	h.Lacks(h.Plan(0), "Warning")
	h.Apply()
	if state := stateText(h, "wrapping_state"); state != "expired" {
		t.Errorf("after its time it is %s", state)
	}
}

const givenVariables = `
variable "given" {
  type      = string
  ephemeral = true
}

variable "number" {
  type = number
}
`

// given is a harness whose configuration has the secret ID from a variable.
func given(t *testing.T, extra ...string) (h *acctest.Harness, give func(value string, number int)) {
	t.Helper()
	h = withRole(t, nil)
	h.Configure(givenVariables + givenID(append(extra, `secret_id_wo = var.given`, `secret_id_wo_version = var.number`)...))
	return h, func(value string, number int) {
		h.Work.Env = append(h.Work.Env, "TF_VAR_given="+value, fmt.Sprintf("TF_VAR_number=%d", number))
	}
}

// A secret ID that is made elsewhere goes in through a write-only argument, is
// rotated by its version with the same overlap, and is nowhere in what is stored.
func TestSecretID_Given(t *testing.T) {
	h, give := given(t, `rotation_overlap = "1s"`, `cidr_list = ["127.0.0.0/8"]`, `num_uses = 0`)
	const one, two = "made-elsewhere-5f0c2b1a", "made-elsewhere-77e19d40"
	h.Work.Env = append(h.Work.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(h.Work.Dir, "trace.log"))
	give(one, 1)
	h.Plan(2, "-out=first.tfplan")
	settles(h)
	first := stateText(h, "accessor")
	client := runs(h, one)
	give(two, 1)
	h.Plan(0)
	give(one, 2)
	h.ApplyFails("Unable to rotate secret ID", "the role has this secret ID already", "Give a new value in secret_id_wo")
	give(two, 2)
	h.Contains(h.Plan(2, "-out=second.tfplan"), "secret_id_wo_version = 1 -> 2", `+ "`+first+`" = (known after apply)`, "0 to add, 1 to change, 0 to destroy")
	h.Apply()
	client.takes(two)
	waitUntil(h, fmt.Sprint(previousAccessors(h)[first]))
	h.Apply()
	h.Plan(0)
	client.ends(h)
	if login, _ := appLogin(h, one); login == http.StatusOK || len(accessors(h)) != 1 {
		t.Errorf("the first one logs in with %d; the role has %v", login, accessors(h))
	}
	leaks, files, err := acctest.ScanDir(h.Work.Dir, one, two)
	if err != nil || files < 5 || len(leaks) > 0 || !strings.Contains(h.Work.Read("trace.log"), "ocibao_approle_secret_id") {
		t.Errorf("%d files, %v: %v", files, err, leaks)
	}
	// Imported, what was given counts as the first version.
	give(two, 1)
	h.Configure(givenVariables + givenID(`secret_id_wo = var.given`, `secret_id_wo_version = var.number`, `cidr_list = ["127.0.0.0/8"]`))
	imports(h, "ocibao_approle_secret_id.this", "approle/app/"+stateText(h, "accessor"))
	give("made-elsewhere-1b3c9f02", 2)
	h.Contains(h.Plan(2), "secret_id_wo_version = 1 -> 2", "0 to add, 1 to change, 0 to destroy")
}

// The outcome of pushing is never lost: the next run finds the secret ID again.
func TestSecretID_GivenAnswerLost(t *testing.T) {
	h, give := given(t)
	give("made-elsewhere-5f0c2b1a", 1)
	h.Proxy.After(func(r acctest.Request) bool {
		return strings.Contains(r.Path, "custom-secret-id") || strings.HasSuffix(r.Path, "secret-id/lookup")
	})
	h.Lacks(h.ApplyFails("Unable to create secret ID"), "left behind")
	h.Proxy.After(nil)
	settles(h)
	if left := accessors(h); len(left) != 1 || left[0] != stateText(h, "accessor") {
		t.Errorf("the role has %v", left)
	}
	loseState(h)
	h.Operator(http.MethodPost, "auth/approle/role/app", map[string]any{"secret_id_ttl": "1h"})
	h.Configure(givenVariables + givenID(`secret_id_wo = var.given`, `secret_id_wo_version = var.number`, `ttl = "30m"`))
	h.ApplyFails("the role has this secret ID already, with other settings", "Nothing was changed")
}

// What only a new value can rotate is told when it is due.
func TestSecretID_GivenAndDue(t *testing.T) {
	h, give := given(t, `rotate_after = "1s"`)
	give("made-elsewhere-5f0c2b1a", 1)
	h.Apply()
	waitPast(h, "rotation_time")
	h.Contains(h.Plan(0), "A secret ID is due for rotation", "raise secret_id_wo_version")
	give("made-elsewhere-77e19d40", 2)
	h.Contains(h.Plan(2), "0 to add, 1 to change, 0 to destroy")
}

// While an argument is known only after apply the plan leaves open whether there
// will be a rotation; apply then rotates where the argument has become another one.
func TestSecretID_UnknownArguments(t *testing.T) {
	h := withRole(t, nil)
	config := func(trigger, team string) string {
		return fmt.Sprintf("\nresource \"terraform_data\" \"team\" {\n  triggers_replace = %q\n  input            = %q\n}\n", trigger, team) +
			secretID(`metadata = { team = terraform_data.team.output }`, `rotation_overlap = "1h"`)
	}
	h.Configure(config("1", "payments"))
	settles(h)
	first := stateText(h, "accessor")
	h.Configure(config("2", "payments"))
	h.Contains(h.Plan(2), `accessor = "`+first+`" -> (known after apply)`, "previous_accessors = {} -> (known after apply)")
	settles(h)
	if same := stateText(h, "accessor"); same != first || len(previousAccessors(h)) > 0 {
		t.Errorf("accessor %s, before it %s", same, first)
	}
	h.Configure(config("3", "billing"))
	settles(h)
	if other := stateText(h, "accessor"); other == first || previousAccessors(h)[first] == nil {
		t.Errorf("accessor %s, previous %v", other, previousAccessors(h))
	}
	// What is planned without a refresh is decided by the last one.
	h.Configure(secretID(`metadata = { team = "billing" }`, `rotation_overlap = "1h"`, `rotate_after = "2h"`))
	h.Plan(2, "-refresh=false")
	settles(h)
	h.Plan(0, "-refresh=false")
}
