package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// What the plugin SDK dumps on request holds no migrated value, since none
// crosses the protocol. What does cross it, the dumps hold in clear: SECURITY.md
// warns of the variable.
func TestProtocolDump(t *testing.T) {
	h := withLogin(t)
	const value = "canary-dumped-Zq8x"
	id := h.Secret("a", `{"password":"`+value+`"}`)
	dumps := filepath.Join(h.Work.Dir, "dumps")
	if err := os.Mkdir(dumps, 0o700); err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_LOG_SDK_PROTO_DATA_DIR="+dumps)
	h.Configure(one(id) + asApp(h, "secret_id = var.secret_id"))
	h.Apply()
	if got := h.KV2("credentials", "provider-a"); got != `{"password":"`+value+`"}` {
		t.Fatalf("stored %s", got)
	}
	leaks, files, err := acctest.ScanDir(dumps, value)
	if err != nil || files < 10 || len(leaks) > 0 {
		t.Errorf("%d files, %v: %v", files, err, leaks)
	}
	tokens := usedTokens(h)
	if len(tokens) == 0 {
		t.Fatal("no request came with the token of the login")
	}
	leaks, _, err = acctest.ScanDir(dumps, tokens...)
	if err != nil || len(leaks) == 0 {
		t.Errorf("the dumps do not hold the token of the login, %v; SECURITY.md says that they do", err)
	}
}
