package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// place is one secret of the matrix.
type place struct {
	h    *acctest.Harness
	row  driftRow
	mode mode
	id   string // OCID of the source
}

func (p place) resource() string {
	if p.mode == p.row.modes[0] {
		return p.row.name
	}
	return p.row.name + "_" + string(p.mode)
}

func (p place) address() string { return "ocibao_migrated_secret." + p.resource() }

func (p place) name() string { return strings.ReplaceAll(p.resource(), "_", "-") }

func (p place) mount() string {
	switch {
	case p.row.mount:
		return p.name()
	case p.mode == onKV1:
		return "credentials-v1"
	default:
		return "credentials"
	}
}

// data is the path of the value, entry that of the whole entry.
func (p place) data() string {
	if p.mode == onKV1 {
		return p.mount() + "/" + p.name()
	}
	return p.mount() + "/data/" + p.name()
}

func (p place) entry() string { return strings.Replace(p.data(), "/data/", "/metadata/", 1) }

// content is what a version of the source holds.
func (p place) content(version int64) string {
	return fmt.Sprintf(`{"key":%q,"token":"v%d"}`, p.row.name, version)
}

// write stores a value as another client would.
func (p place) write(fields string) {
	p.h.Helper()
	if p.mode != onKV1 {
		fields = `{"data":` + fields + `}`
	}
	p.h.Operator(http.MethodPost, p.data(), fields)
}

// patch merges into the custom metadata.
func (p place) patch(changes map[string]any) {
	p.h.Helper()
	p.h.Operator(http.MethodPatch, p.entry(), map[string]any{"custom_metadata": changes})
}

// rotate adds versions to the source.
func (p place) rotate(times int) {
	p.h.Helper()
	for i := range times {
		p.h.Rotate(p.id, p.content(int64(i)+2))
	}
}

// must takes the results of a call to the emulator, of which the last is an error.
func (p place) must(results ...any) {
	p.h.Helper()
	if err, failed := results[len(results)-1].(error); failed {
		p.h.Fatalf("%s: %v", p.address(), err)
	}
}

// config is the secret, and the mount where the row has its own.
func (p place) config() string {
	mount, before := fmt.Sprintf("%q", p.mount()), ""
	if p.row.mount {
		version := 2
		if p.mode == onKV1 {
			version = 1
		}
		before = fmt.Sprintf("\nresource \"ocibao_kv_mount\" %q {\n  path    = %q\n  version = %d\n}\n", p.resource(), p.mount(), version)
		mount = "ocibao_kv_mount." + p.resource() + ".path"
	}
	extra := p.row.extra
	if p.mode == byContent {
		extra += "\n  drift_detection = \"content\""
	}
	return before + fmt.Sprintf("\nresource \"ocibao_migrated_secret\" %q {\n  secret_id = %q\n  mount     = %s\n  name      = %q\n  %s\n}\n",
		p.resource(), p.id, mount, p.name(), extra)
}

// TestDriftMatrix makes every change of the matrix behind Terraform's back, all
// at once, and asserts for each what the plan says, what apply puts right, and
// that nothing is left to do afterwards. The guide on drift shows these plans.
func TestDriftMatrix(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("credentials", "2")
	h.MountKV("credentials-v1", "1")
	var places []place
	config := strings.Builder{}
	for _, row := range slices.Concat(openBaoRows, sourceRows) {
		for _, mode := range row.modes {
			p := place{h: h, row: row, mode: mode}
			p.id = h.Secret(p.name(), p.content(1))
			places = append(places, p)
			config.WriteString(p.config())
		}
	}
	h.Configure(config.String() + objectsConfig)
	// Everything at once: a refresh gives a lagging standby some seconds for
	// each secret that was written just now.
	h.Apply("-parallelism=100", "-var=short=5s")
	h.Plan(0, "-refresh=false", "-var=short=5s")

	for _, p := range places {
		p.cause(p)
	}
	for _, object := range objectRows {
		object.cause(h)
	}
	plan := planned(h, 2, "-parallelism=100")
	for _, p := range places {
		p.asPlanned(plan)
	}
	for _, object := range objectRows {
		object.asPlanned(h, plan)
	}
	checkGuide(t, places, plan)
	if run := h.CLI("apply", "-parallelism=100", planFile); run.ExitCode != 0 {
		_, failure, _ := strings.Cut(run.Output, "╷\n")
		t.Fatalf("apply failed:\n%s", failure)
	}
	after := planned(h, 0, "-parallelism=100")
	for _, p := range places {
		p.asApplied(after)
	}
	comesBack(h, places)
}

func (p place) cause(at place) { p.row.cause(at) }

// asPlanned compares the plan with what the row says.
func (p place) asPlanned(plan plannedRun) {
	p.h.Helper()
	want := p.row.outcome(p.mode)
	plan.warned(p.h, p.address(), slices.Concat(want.warns, want.hints))
	if want.mount != "" {
		plan.acts(p.h, "ocibao_kv_mount."+p.resource(), want.mount)
	}
	if want.drift == "" || want.stays {
		plan.acts(p.h, p.address(), "no-op")
		return
	}
	plan.acts(p.h, p.address(), "update")
	plan.shows(p.h, p.address(), append(want.plan, `drift = "`+want.drift+`" -> "none"`)...)
	plan.hides(p.h, p.address(), "by hand", `"v1"`, `"v2"`)
}

// asApplied compares both sides with what the row says.
func (p place) asApplied(plan plannedRun) {
	p.h.Helper()
	want := p.row.outcome(p.mode)
	plan.warned(p.h, p.address(), want.warns)
	drift, value := "none", p.content(max(want.version, 1))
	if want.stays {
		drift = want.drift
	}
	switch want.value {
	case "":
	case nothing:
		value = ""
	default:
		value = want.value
	}
	if got := plan.after(p.h, p.address(), "drift"); got != drift {
		p.h.Errorf("%s: the drift after apply is %v, want %s", p.address(), got, drift)
	}
	if p.mode == onKV1 {
		if got := p.h.KV1(p.mount(), p.name()); got != value {
			p.h.Errorf("%s: stored %s, want %s", p.address(), got, value)
		}
		return
	}
	if got := p.h.KV2(p.mount(), p.name()); got != value {
		p.h.Errorf("%s: stored %s, want %s", p.address(), got, value)
	}
	if kv := fmt.Sprint(max(want.kv, 1)); value != "" && serverHas(p.h, p.entry(), "current_version") != kv {
		p.h.Errorf("%s: KV version %s, want %s", p.address(), serverHas(p.h, p.entry(), "current_version"), kv)
	}
}

// comesBack takes back what can be taken back at the source: warnings vanish,
// and what could not be put right before is planned now.
func comesBack(h *acctest.Harness, places []place) {
	h.Helper()
	for _, p := range places {
		switch p.row.name {
		case "access_lost":
			h.OCI.Allow(p.id, "read-metadata")
		case "deletion_scheduled", "deleted_and_leaving":
			p.must(h.OCI.CancelDeletion(p.id))
		}
	}
	plan := planned(h, 2, "-parallelism=100")
	for _, p := range places {
		switch p.row.name {
		case "access_lost", "deletion_scheduled":
			plan.warned(h, p.address(), nil)
			plan.acts(h, p.address(), "no-op")
		case "deleted_and_leaving":
			plan.warned(h, p.address(), nil)
			plan.shows(h, p.address(), `drift = "destination_missing" -> "none"`)
		}
	}
}

// plannedRun is a plan as text and as data.
type plannedRun struct {
	text     map[string]string // of each object that changes, by address
	changes  map[string]objectChange
	warnings map[string][]string // summary and detail, by address
}

type objectChange struct {
	Address string
	Change  struct {
		Actions []string
		After   map[string]any
	}
}

const planFile = "drift.tfplan"

// planned makes a plan, saves it and expects an exit code.
func planned(h *acctest.Harness, exitCode int, args ...string) plannedRun {
	h.Helper()
	run := h.CLI(append([]string{"plan", "-json", "-detailed-exitcode", "-input=false", "-out=" + planFile}, args...)...)
	warnings, errors := diagnostics(run.Output)
	if len(errors) > 0 {
		h.Fatalf("plan failed: %s", strings.Join(errors, "\n"))
	}
	text := h.CLI("show", "-no-color", planFile).Output
	if run.ExitCode != exitCode {
		h.Fatalf("plan ended with %d, want %d:\n%s", run.ExitCode, exitCode, text)
	}
	plan := plannedRun{text: acctest.PlanSections(text), warnings: warnings, changes: map[string]objectChange{}}
	var document struct {
		Changes []objectChange `json:"resource_changes"`
	}
	shown := h.CLI("show", "-json", planFile).Output
	if err := json.Unmarshal([]byte(shown), &document); err != nil {
		h.Fatalf("show: %v\n%s", err, shown)
	}
	for _, change := range document.Changes {
		plan.changes[change.Address] = change
	}
	return plan
}

// diagnostics are the warnings by address and the errors of a run with -json.
func diagnostics(output string) (warnings map[string][]string, errors []string) {
	warnings = map[string][]string{}
	for line := range strings.Lines(output) {
		var message struct {
			Diagnostic struct{ Severity, Address, Summary, Detail string }
		}
		if json.Unmarshal([]byte(line), &message) != nil {
			continue
		}
		diagnostic := message.Diagnostic
		text := diagnostic.Summary + "\n\n" + diagnostic.Detail
		switch {
		case diagnostic.Severity == "error":
			errors = append(errors, diagnostic.Address+": "+text)
		case diagnostic.Address != "":
			warnings[diagnostic.Address] = append(warnings[diagnostic.Address], text)
		}
	}
	return warnings, errors
}

func (r plannedRun) acts(h *acctest.Harness, address, actions string) {
	h.Helper()
	if got := strings.Join(r.changes[address].Change.Actions, ","); got != actions {
		h.Errorf("%s: the plan is %q, want %q\n%s", address, got, actions, r.text[address])
	}
}

func (r plannedRun) after(h *acctest.Harness, address, attribute string) any {
	h.Helper()
	return r.changes[address].Change.After[attribute]
}

func (r plannedRun) shows(h *acctest.Harness, address string, texts ...string) {
	h.Helper()
	h.Contains(acctest.Run{Output: r.text[address]}, texts...)
}

func (r plannedRun) hides(h *acctest.Harness, address string, texts ...string) {
	h.Helper()
	h.Lacks(acctest.Run{Output: r.text[address]}, texts...)
}

// warned expects one warning with these texts, or none when there are none.
func (r plannedRun) warned(h *acctest.Harness, address string, texts []string) {
	h.Helper()
	if got := r.warnings[address]; len(got) != min(len(texts), 1) {
		h.Errorf("%s: %d warnings, want %d: %q", address, len(got), min(len(texts), 1), got)
		return
	}
	h.Contains(acctest.Run{Output: strings.Join(r.warnings[address], "\n")}, texts...)
}
