package provider_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// planning takes the right to read content away, as the user of a plan job has
// none; applying gives it back.
func (r *ciRunner) planning() { r.OCI.Deny(r.OCI.CompartmentID, ociemu.ReadBundle) }

func (r *ciRunner) applying() { r.OCI.Allow(r.OCI.CompartmentID, ociemu.ReadBundle) }

func (r *ciRunner) expect(run acctest.Run, exitCode int, texts ...string) {
	r.Helper()
	if run.ExitCode != exitCode {
		r.Fatalf("it ended with %d, want %d:\n%s", run.ExitCode, exitCode, run.Output)
	}
	r.Contains(run, texts...)
}

// commented expects a comment with these texts, without a value.
func (r *ciRunner) commented(comment string, texts ...string) {
	r.Helper()
	for _, text := range texts {
		if !strings.Contains(comment, text) {
			r.Errorf("%q is not in the comment:\n%s", text, comment)
		}
	}
	if strings.Contains(comment, "canary") {
		r.Errorf("a value is in the comment:\n%s", comment)
	}
}

// ghCalls are the calls of gh since the last time.
func (r *ciRunner) ghCalls() string {
	r.Helper()
	calls := r.read("gh.log")
	r.file("gh.log", "")
	return strings.TrimSpace(calls)
}

func (r *ciRunner) setUp() (a string) {
	r.Helper()
	r.MountKV("credentials", "2")
	a = r.Secret("cloud_a", `{"password":"canary-value-one"}`)
	r.Secret("cloud_b", `{"password":"canary-value-two"}`)
	return a
}

// noValue expects no value in what the jobs leave: state, plan, comments, logs.
func (r *ciRunner) noValue() {
	r.Helper()
	leaks, files, err := acctest.ScanDir(r.checkout, "canary-value-one", "canary-value-two", "canary-value-new")
	if err != nil || len(leaks) > 0 || files < 5 {
		r.Errorf("leaks: %v in %d files, %v", leaks, files, err)
	}
}

// refused expects that the server gave the job no token.
func (r *ciRunner) refused(run acctest.Run) {
	r.Helper()
	r.expect(run, 1, "OpenBao did not accept the credentials")
	for _, request := range r.Proxy.Requests() {
		if request.Path != "auth/jwt/login" || request.Status < 400 {
			r.Errorf("%s %s gave %d", request.Method, request.Path, request.Status)
		}
	}
}

// The workflows for GitHub, from the first pull request to the nightly job, with
// nothing but the rights that examples/ci/policies give.
func TestCI_GitHub(t *testing.T) {
	t.Parallel()
	r := newCIRunner(t, "github")
	a := r.setUp()

	r.planning()
	r.expect(r.runJob("pull-request.yml", "plan"), 0)
	r.commented(r.read("comment.md"), "### Plan: 1 to add, 0 to change, 0 to destroy.", "| Pending | 2 |", "<details>", `"a" = "`+a+`@1"`)
	if got := r.ghCalls(); got != "pr comment 7 --edit-last --create-if-none --body-file comment.md" {
		t.Errorf("gh was called: %s", got)
	}
	if got := r.OCI.Count("secrets.GetSecretBundle"); got > 0 || r.KV2("credentials", "a") != "" {
		t.Errorf("a plan read %d values, or wrote one", got)
	}

	// Merged: planned again, approved, and exactly that plan applied.
	r.expect(r.runJob("apply.yml", "plan"), 0)
	if got := r.outputs["steps.plan.outputs.changes"]; got != "true" {
		t.Errorf("changes=%s", got)
	}
	r.applying()
	r.expect(r.runJob("apply.yml", "apply"), 0, "1 added, 0 changed, 0 destroyed")
	if got := r.KV2("credentials", "a"); got != `{"password":"canary-value-one"}` {
		t.Errorf("stored %s", got)
	}
	r.expect(r.runJob("apply.yml", "apply"), 1, "stale")

	// Nothing to do.
	r.planning()
	r.expect(r.runJob("pull-request.yml", "plan"), 0)
	r.commented(r.read("comment.md"), "### No changes.", "2 of 2 selected secrets are migrated.")
	r.ghCalls()
	r.expect(r.runJob("apply.yml", "plan"), 0)
	if got := r.outputs["steps.plan.outputs.changes"]; got != "false" {
		t.Errorf("changes=%s", got)
	}
	r.expect(r.runJob("drift.yml", "drift"), 0, "No changes.")
	if got := r.ghCalls(); got != "" {
		t.Errorf("gh was called: %s", got)
	}

	// Drift on both sides: an issue in the first night, a comment in the next.
	r.Rotate(a, `{"password":"canary-value-new"}`)
	r.Operator(http.MethodPost, "credentials/data/b", map[string]any{"data": map[string]string{"by": "hand"}})
	r.expect(r.runJob("drift.yml", "drift"), 0, `"b" = "destination_modified" -> null`)
	r.commented(r.read("drift.md"), `"`+a+`@1" -> "`+a+`@2"`, "destination_modified")
	if got := r.ghCalls(); !strings.Contains(got, "issue create --title Drift between OCI Vault and OpenBao --body-file drift.md") {
		t.Errorf("gh was called: %s", got)
	}
	r.file("gh.issues", "12\n")
	r.expect(r.runJob("drift.yml", "drift"), 0)
	if got := r.ghCalls(); !strings.Contains(got, "issue comment 12 --body-file drift.md") || strings.Contains(got, "create") {
		t.Errorf("gh was called: %s", got)
	}

	// An error is no drift.
	r.OCI.Deny(r.OCI.CompartmentID, ociemu.ReadMetadata)
	r.expect(r.runJob("drift.yml", "drift"), 1, "This is an error and says nothing of drift")
	if got := r.ghCalls(); got != "" || r.read("drift.md") != "" || r.outputs["steps.drift.outputs.drift"] != "" {
		t.Errorf("an error was taken for drift: %s", got)
	}
	r.expect(r.runJob("pull-request.yml", "plan"), 1)
	r.OCI.Allow(r.OCI.CompartmentID, ociemu.ReadMetadata)
	r.ghCalls()

	// What changes between the review and the apply is not trampled.
	r.expect(r.runJob("apply.yml", "plan"), 0)
	r.Operator(http.MethodPost, "credentials/data/b", map[string]any{"data": map[string]string{"by": "hand, later"}})
	r.applying()
	r.expect(r.runJob("apply.yml", "apply"), 1, "the path was changed since the plan was made")
	if got := r.KV2("credentials", "b"); got != `{"by":"hand, later"}` {
		t.Errorf("stored %s", got)
	}
	r.noValue()

	// A pull request that asks for the role of the apply job does not get it, nor
	// does the branch without the environment.
	r.override = map[string]string{"TF_VAR_bao_role": "apply-job"}
	r.refused(r.runJob("pull-request.yml", "plan"))
	r.refused(r.runJob("drift.yml", "drift"))
	r.everyStepRan("github")
}

// The jobs for GitLab.
func TestCI_GitLab(t *testing.T) {
	t.Parallel()
	r := newCIRunner(t, "gitlab")
	a := r.setUp()
	r.planning()
	r.expect(r.runScript("plan"), 0)
	if len(r.notes) != 1 {
		t.Fatalf("%d comments", len(r.notes))
	}
	r.commented(r.notes[0], "### Plan: 1 to add", "| Pending | 2 |", `"a" = "`+a+`@1"`)
	r.expect(r.runScript("plan-main"), 0)
	r.applying()
	r.expect(r.runScript("apply"), 0, "1 added, 0 changed, 0 destroyed")
	r.planning()
	r.expect(r.runScript("drift"), 0, "No changes.")
	r.Rotate(a, `{"password":"canary-value-new"}`)
	r.expect(r.runScript("drift"), 2, `"`+a+`@1" -> "`+a+`@2"`)
	r.OCI.Deny(r.OCI.CompartmentID, ociemu.ReadMetadata)
	r.expect(r.runScript("drift"), 1, "This is an error and says nothing of drift")
	r.expect(r.runScript("plan"), 1)
	if len(r.notes) != 1 {
		t.Errorf("%d comments", len(r.notes))
	}
	r.noValue()
	r.OCI.Allow(r.OCI.CompartmentID, ociemu.ReadMetadata)
	r.override = map[string]string{"TF_VAR_bao_role": "apply-job"}
	r.refused(r.runScript("plan"))
	r.refused(r.runScript("drift"))
	r.everyStepRan("gitlab")
}

var (
	usesLine = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned   = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// Actions of others are pinned, tokens have no right that is not named, and each
// step is a file or one command.
func TestCI_Hardening(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "ci", "github", "*.yml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		uses := usesLine.FindAllStringSubmatch(text, -1)
		if len(uses) < 2 {
			t.Errorf("%s uses %d actions", file, len(uses))
		}
		for _, use := range uses {
			if !pinned.MatchString(use[1]) {
				t.Errorf("%s: %s is not pinned to a commit with its version", file, use[1])
			}
		}
		if !strings.Contains(text, "\npermissions: {}\n") || strings.Contains(text, "pull_request_target") {
			t.Errorf("%s gives rights by default, or code of a fork the rights of the repository", file)
		}
	}
}
