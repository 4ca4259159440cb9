package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

const snapshotAction = "ocibao_raft_snapshot"

// onCluster is a harness whose server is the leader of a Raft cluster.
func onCluster(t *testing.T, size int) (*acctest.Harness, *acctest.Cluster) {
	t.Helper()
	cluster := startCluster(t, size)
	oci, err := acctest.StartOCI(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	work, err := acctest.NewWorkspace(t.TempDir(), append(oci.Env(), "BAO_TOKEN="+acctest.RootToken)...)
	if err != nil {
		t.Fatal(err)
	}
	return &acctest.Harness{TB: t, OCI: oci, Bao: cluster.Nodes[0].Bao, Proxy: &acctest.Proxy{}, Work: work}, cluster
}

func startCluster(t *testing.T, size int) *acctest.Cluster {
	t.Helper()
	cluster, err := acctest.StartCluster(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	return cluster
}

// at is the provider block for a server.
func at(bao *acctest.Bao, token string) values {
	return values{"openbao": values{"address": bao.Address, "ca_cert_file": bao.CACertFile, "token": token}}
}

// text is all that diagnostics say.
func text(diagnostics []*tfprotov6.Diagnostic) string {
	var all strings.Builder
	for _, diagnostic := range diagnostics {
		fmt.Fprintf(&all, "%s: %s at %s: %s\n", diagnostic.Severity, diagnostic.Summary, diagnostic.Attribute, diagnostic.Detail)
	}
	return all.String()
}

func expectText(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in:\n%s", part, got)
		}
	}
}

func expectEmpty(t *testing.T, folder string) {
	t.Helper()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// What was migrated is in the snapshot: a fresh server that gets it has every
// secret.
func TestRaftSnapshot_RestoredElsewhere(t *testing.T) {
	t.Parallel()
	h, cluster := onCluster(t, 1)
	pins := map[string]string{}
	var config strings.Builder
	for i := range 30 {
		name := fmt.Sprintf("secret-%d", i)
		pins[name] = h.Secret(name, fmt.Sprintf(`{"token":"value-%d"}`, i))
		fmt.Fprintf(&config, "    %q = \"%s@1\"\n", name, pins[name])
	}
	h.Configure(`
resource "ocibao_kv_mount" "credentials" {
  path = "credentials"
}

resource "ocibao_migration" "all" {
  mount   = ocibao_kv_mount.credentials.path
  secrets = {
` + config.String() + `  }
}
`)
	h.Apply()
	folder := t.TempDir()
	provider := serve(t, at(h.Bao, acctest.RootToken))
	told, diagnostics := provider.invoke(t.Context(), snapshotAction, values{"path": folder + "/"})
	if len(diagnostics) > 0 || len(told) < 2 {
		t.Fatalf("%v\n%s", told, text(diagnostics))
	}
	expectText(t, told[0], "Taking a Raft snapshot of "+h.Bao.Address)
	files, err := filepath.Glob(filepath.Join(folder, "raft-*Z.snap"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	expectText(t, told[len(told)-1], "Saved to "+files[0], "KiB", "checksums verified")
	if stat, err := os.Stat(files[0]); err != nil || stat.Mode() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
	fresh := startCluster(t, 1)
	if err := fresh.Restore(t.Context(), []byte(readFile(t, files[0])), cluster); err != nil {
		t.Fatalf("%v\n%s", err, fresh.Log())
	}
	restored := &acctest.Harness{TB: t, Bao: fresh.Nodes[0].Bao}
	for i := range 30 {
		if got, want := restored.KV2("credentials", fmt.Sprintf("secret-%d", i)), fmt.Sprintf(`{"token":"value-%d"}`, i); got != want {
			t.Errorf("secret-%d is %s", i, got)
		}
	}
}

func TestRaftSnapshot_File(t *testing.T) {
	t.Parallel()
	h, nodes := onCluster(t, 2)
	folder := t.TempDir()
	path := filepath.Join(folder, "before.snap")
	h.Operator(http.MethodPost, "sys/policies/acl/other", map[string]any{"policy": `path "sys/mounts" { capabilities = ["read"] }`})
	h.Operator(http.MethodPost, "sys/policies/acl/snapshot", map[string]any{"policy": `path "sys/storage/raft/snapshot" { capabilities = ["read"] }`})
	_, diagnostics := serve(t, at(h.Bao, only(h, "other"))).invoke(t.Context(), snapshotAction, values{"path": path})
	expectText(t, text(diagnostics), "Unable to save Raft snapshot to "+path, "permission denied", "path \"sys/storage/raft/snapshot\" {\n  capabilities = [\"read\"]\n}")
	expectEmpty(t, folder)

	provider := serve(t, at(h.Bao, only(h, "snapshot")))
	if diagnostics := provider.plans(snapshotAction, values{"path": path}); len(diagnostics) > 0 {
		t.Error(text(diagnostics))
	}
	expectEmpty(t, folder)
	if _, diagnostics := provider.invoke(t.Context(), snapshotAction, values{"path": path}); len(diagnostics) > 0 {
		t.Fatal(text(diagnostics))
	}
	first := readFile(t, path)
	const exists = "a file is there already"
	expectText(t, text(provider.plans(snapshotAction, values{"path": path})), exists, "overwrite = true", `AttributeName("path")`)
	_, diagnostics = provider.invoke(t.Context(), snapshotAction, values{"path": path, "overwrite": false})
	expectText(t, text(diagnostics), exists, "Nothing was overwritten")
	if readFile(t, path) != first {
		t.Error("the file was overwritten")
	}
	if diagnostics := provider.plans(snapshotAction, values{"path": path, "overwrite": true}); len(diagnostics) > 0 {
		t.Error(text(diagnostics))
	}
	// A standby takes it from the leader.
	standby, err := nodes.Standby(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	provider = serve(t, at(standby.Bao, acctest.RootToken))
	if _, diagnostics := provider.invoke(t.Context(), snapshotAction, values{"path": path, "overwrite": true}); len(diagnostics) > 0 {
		t.Error(text(diagnostics))
	}
	if readFile(t, path) == first {
		t.Error("the file was not overwritten")
	}
	expectText(t, text(provider.plans(snapshotAction, values{"path": filepath.Join(folder, "no", "x.snap")})), "there is no folder")
	expectText(t, text(provider.plans(snapshotAction, values{"path": folder})), "end it with a slash")
}

// A server with other storage says so, an answer that is no snapshot is not
// taken for one, and a run that is cancelled leaves nothing.
func TestRaftSnapshot_Fails(t *testing.T) {
	h := started(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "before.snap")
	_, diagnostics := serve(t, at(h.Bao, acctest.RootToken)).invoke(t.Context(), snapshotAction, values{"path": path})
	expectText(t, text(diagnostics), "the server does not use integrated storage (Raft)", `This works only with storage "raft"`)
	expectEmpty(t, folder)

	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("no snapshot"))
		if r.Header.Get("X-Vault-Token") == "endless" {
			_ = http.NewResponseController(w).Flush()
			sent <- struct{}{}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	fake := func(token string) values { return values{"openbao": values{"address": server.URL, "token": token}} }
	_, diagnostics = serve(t, fake("short")).invoke(t.Context(), snapshotAction, values{"path": path})
	expectText(t, text(diagnostics), "it is no whole and intact Raft snapshot", "Nothing was saved")
	expectEmpty(t, folder)
	endless := serve(t, fake("endless"))
	go func() {
		<-sent
		cancel()
	}()
	_, diagnostics = endless.invoke(ctx, snapshotAction, values{"path": path})
	expectText(t, text(diagnostics), "The run was cancelled")
	expectEmpty(t, folder)
}

// Terraform with actions takes the snapshot before the first change; other
// engines know no such block, and say so.
func TestRaftSnapshot_BeforeMigration(t *testing.T) {
	t.Parallel()
	h, _ := onCluster(t, 1)
	config := `
action "ocibao_raft_snapshot" "before" {
  config {
    path = "before.snap"
  }
}

resource "ocibao_kv_mount" "credentials" {
  path = "credentials"

  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.ocibao_raft_snapshot.before]
    }
  }
}
`
	h.Configure(config)
	if !isTerraform(h, 14) {
		h.Contains(h.Plan(1), `"action" are not expected here`)
		return
	}
	h.Contains(h.Plan(2), "action.ocibao_raft_snapshot.before", "before.snap")
	h.Contains(h.Apply(), "Taking a Raft snapshot of", "checksums verified")
	h.Plan(0)
	fresh := readFile(t, filepath.Join(h.Work.Dir, "before.snap"))
	if fresh == "" {
		t.Error("the snapshot is empty")
	}
	// The same plan again would run into the file that is there.
	h.Operator(http.MethodDelete, "sys/mounts/credentials", nil)
	h.Contains(h.Plan(1), "a file is there already", "overwrite = true")
}

// The example for other engines takes a snapshot before the first change and
// before each rotation, and none when there is nothing to migrate. In place of
// the bao command line stands a script that hands out a snapshot of the server.
func TestExample_Snapshot(t *testing.T) {
	t.Parallel()
	h, _ := onCluster(t, 1)
	taken := filepath.Join(t.TempDir(), "taken.snap")
	if _, diagnostics := serve(t, at(h.Bao, acctest.RootToken)).invoke(t.Context(), snapshotAction, values{"path": taken}); len(diagnostics) > 0 {
		t.Fatal(text(diagnostics))
	}
	bin := t.TempDir()
	script := "#!/bin/sh\ntest \"$1 $2 $3 $4\" = 'operator raft snapshot save' && cp \"$SNAPSHOT\" \"$5\"\n"
	if err := os.WriteFile(filepath.Join(bin, "bao"), []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	example := filepath.Join("..", "..", "examples", "snapshot")
	h.Write("snapshot.sh", readFile(t, filepath.Join(example, "snapshot.sh")))
	if err := os.Chmod(filepath.Join(h.Work.Dir, "snapshot.sh"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	_, config, _ := strings.Cut(readFile(t, filepath.Join(example, "main.tf")), "\n}\n") // without the terraform block
	h.Configure(config)
	h.MountKV("credentials", "2")
	id := h.Secret("a", `{"token":"1"}`)
	h.Work.Env = append(h.Work.Env, "TF_VAR_compartment_id="+h.OCI.CompartmentID, "SNAPSHOT="+taken, "PATH="+bin+":"+os.Getenv("PATH"))
	saved := func() []string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(h.Work.Dir, "snapshots", "raft-*Z.snap"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	h.Apply()
	h.Apply()
	files := saved()
	if len(files) != 1 || readFile(t, files[0]) != readFile(t, taken) {
		t.Fatalf("saved %v", files)
	}
	if stat, err := os.Stat(files[0]); err != nil || stat.Mode() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}
	if err := os.Rename(files[0], files[0]+".old"); err != nil {
		t.Fatal(err)
	}
	h.Rotate(id, `{"token":"2"}`)
	// A snapshot that is not whole stops the migration.
	broken := readFile(t, taken)
	h.Work.Env = append(h.Work.Env, "SNAPSHOT="+filepath.Join(h.Work.Dir, "broken"))
	h.Write("broken", broken[:len(broken)-100])
	h.ApplyFails("local-exec provisioner error")
	if got := h.KV2("credentials", "a"); got != `{"token":"1"}` || len(saved()) > 0 {
		t.Errorf("stored %s, saved %v", got, saved())
	}
	h.Work.Env = append(h.Work.Env, "SNAPSHOT="+taken)
	h.Apply()
	if got := h.KV2("credentials", "a"); got != `{"token":"2"}` || len(saved()) != 1 {
		t.Errorf("stored %s, saved %v", got, saved())
	}
	h.Plan(0)
}
