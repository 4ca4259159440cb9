package ocivault

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// TestPromiseReadOnlySource_DispatcherRefusesWrites sends every method through
// the dispatcher, and a real write of the SDK.
func TestPromiseReadOnlySource_DispatcherRefusesWrites(t *testing.T) {
	client, log, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]any{}) })
	base := client.vaults.Host
	for _, c := range []struct {
		method, path string
		allowed      bool
	}{
		{"GET", "/20180608/secrets/x", true},
		{"POST", "/20190301/secretbundles/actions/getByName?secretName=a&vaultId=b", true},
		{"POST", "/20180608/secrets", false},
		{"POST", "/20180608/secrets/x/actions/scheduleDeletion", false},
		{"POST", "/20180608/secrets/x/actions/getByName", false},
		{"POST", "/20180608/secrets?x=/secretbundles/actions/getByName", false},
		{"POST", "/20190301/secretbundles/actions/getByName/x", false},
		{"PUT", "/20180608/secrets/x", false},
		{"PUT", "/20190301/secretbundles/actions/getByName", false},
		{"PATCH", "/20180608/secrets/x", false},
		{"DELETE", "/20180608/secrets/x", false},
		{"HEAD", "/20180608/secrets/x", false},
		{"OPTIONS", "/20180608/secrets/x", false},
		{"get", "/20180608/secrets/x", false},
	} {
		before := log.count()
		req, err := http.NewRequestWithContext(withExchange(t.Context(), &exchange{ctx: t.Context()}), c.method, base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.dispatcher.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if sent := log.count() > before; sent != c.allowed || errors.Is(err, errWriteRefused) == c.allowed {
			t.Errorf("%s %s: sent %v with error %v", c.method, c.path, sent, err)
		}
	}

	before := log.count()
	_, err := call(t.Context(), client, "ScheduleSecretDeletion", testSecret, func(ctx context.Context) (vault.ScheduleSecretDeletionResponse, error) {
		id := testSecret
		return client.vaults.ScheduleSecretDeletion(ctx, vault.ScheduleSecretDeletionRequest{SecretId: &id})
	})
	hasKinds(t, err, errWriteRefused)
	if log.count() != before || len(clock.sleeps()) != 0 {
		t.Errorf("a deletion was sent %d times", log.count()-before)
	}

	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, base, nil)
	resp, err := client.dispatcher.Do(req)
	if err == nil {
		_ = resp.Body.Close()
		t.Error("a request from outside was sent")
	}
}

// TestPromiseReadOnlySource_OnlyReadingCalls looks at the package's own sources
// for calls of SDK methods whose names say that they change something.
func TestPromiseReadOnlySource_OnlyReadingCalls(t *testing.T) {
	writes := regexp.MustCompile(`^(Create|Update|Delete|Schedule|Cancel|Change|Rotate|Restore|Backup|Put|Move|Import|Enable|Disable|Add|Remove|Set)[A-Z]`)
	reads := regexp.MustCompile(`^(Get|List)[A-Z]`)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	clients := map[string]bool{"secrets": true, "vaults": true, "identity": true, "kms": true}
	found := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			called, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := called.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			client, ok := method.X.(*ast.SelectorExpr)
			if !ok || !clients[client.Sel.Name] {
				return true
			}
			found++
			if writes.MatchString(method.Sel.Name) || !reads.MatchString(method.Sel.Name) {
				t.Errorf("the package calls %s.%s", client.Sel.Name, method.Sel.Name)
			}
			return true
		})
	}
	if found < 7 {
		t.Errorf("only %d calls of the SDK found: the test looks in the wrong place", found)
	}
}

const childVariable = "OCIVAULT_TEST_CHILD"

// TestPromiseNoLeak_SDKDebugLogIsSilent reads a bundle in a process of its own
// under the debug variables, and, so that the test is known to see a leak, once
// more with the SDK's own logger put back.
func TestPromiseNoLeak_SDKDebugLogIsSilent(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(canary))
	if mode := os.Getenv(childVariable); mode != "" {
		if mode == "sdk logger" {
			logger, _ := common.NewSDKLogger()
			common.SetSDKLogger(logger)
		}
		client, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, bundleJSON(1, canary, nil)) })
		bundle, err := client.Bundle(t.Context(), testSecret, migrate.Selector{})
		if err != nil || string(bundle.Content.Reveal()) != canary {
			t.Fatal("the bundle did not come")
		}
		return
	}
	for _, level := range []string{"v", "verbose", "1", "debug", "info"} {
		for _, mode := range []string{"ours", "sdk logger"} {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
			command.Env = append(os.Environ(), childVariable+"="+mode, "OCI_GO_SDK_DEBUG="+level, "GODEBUG=http2debug=2")
			output, err := command.CombinedOutput()
			if err != nil || !strings.Contains(string(output), "PASS") {
				t.Fatalf("%s, %s: %v", level, mode, err)
			}
			leaks := strings.Contains(string(output), encoded) || strings.Contains(string(output), canary)
			verbose := level == "v" || level == "verbose" || level == "1"
			if mode == "ours" && leaks {
				t.Errorf("%s: the content is in the log", level)
			}
			if mode != "ours" && verbose && !leaks {
				t.Errorf("%s: the SDK's own logger shows nothing, so the test proves nothing", level)
			}
		}
	}
}

// TestPromiseHarmlessPlan_NewDialsNothing makes a client whose transport fails
// the test when it is used.
func TestPromiseHarmlessPlan_NewDialsNothing(t *testing.T) {
	cfg := validConfig()
	cfg.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("New sent a request")
		return nil, io.EOF
	})
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_ = fmt.Sprint(client)
}
