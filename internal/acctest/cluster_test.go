package acctest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// The cluster does what tests expect of it: it survives its leader, a node comes
// back sealed with what it has stored, and one that hangs answers nothing.
func TestCluster(t *testing.T) {
	t.Parallel()
	cluster, err := acctest.StartCluster(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, cluster.Log())
		}
	}
	expect := func(node *acctest.Node, want int) {
		t.Helper()
		if status, _, err := node.Call(t.Context(), http.MethodGet, "", "sys/health", nil); err != nil || status != want {
			t.Errorf("the health of %s is %d: %v", node.ID, status, err)
		}
	}
	kept := func(method string, body any) {
		t.Helper()
		if status, answer, err := cluster.Call(t.Context(), method, "", "sys/policies/acl/kept", body); err != nil || status >= 300 {
			t.Fatalf("%d %v %v\n%s", status, answer, err, cluster.Log())
		}
	}
	first, err := cluster.Leader(t.Context())
	must(err)
	kept(http.MethodPut, map[string]string{"policy": `path "a" { capabilities = ["read"] }`})
	first.Kill()
	second, err := cluster.Leader(t.Context())
	must(err)
	if second == first {
		t.Fatal("the leader was not killed")
	}
	kept(http.MethodGet, nil)
	must(first.Restart(t.Context()))
	expect(first, http.StatusServiceUnavailable)
	must(first.Unseal(t.Context()))
	must(cluster.WaitVoters(t.Context(), 3))
	must(first.Hang())
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, _, err := first.Call(impatient, http.MethodGet, "", "sys/health", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a node that hangs: %v", err)
	}
	must(first.Resume())
	must(cluster.WaitVoters(t.Context(), 3))
	sealed, err := cluster.Seal(t.Context())
	must(err)
	expect(sealed, http.StatusServiceUnavailable)
}
