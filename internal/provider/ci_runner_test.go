package provider_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// workflow is what a runner of GitHub does with a file of ours.
type workflow struct {
	Env  map[string]string
	Jobs map[string]struct {
		Env   map[string]string
		Steps []workflowStep
	}
}

type workflowStep struct {
	Name, ID, If, Uses, Run string
	Env                     map[string]string
}

// gitlabJob is a job of the file for GitLab.
type gitlabJob struct {
	Script    []string
	Variables map[string]string
}

// ciRunner runs the shell steps of the pipelines of examples/ci as the runners
// do, in a checkout of its own. What stands for GitHub and GitLab is one server
// and a gh that notes its arguments; OCI, OpenBao and the command line are those
// of every other test.
type ciRunner struct {
	*acctest.Harness
	checkout string
	tools    string // what a runner has installed: gh, the provider's mirror
	front    *httptest.Server
	github   map[string]workflow
	gitlab   map[string]gitlabJob
	values   map[string]string // of the expressions in workflows
	outputs  map[string]string // of the last job, such as steps.plan.outputs.changes
	ran      map[string]bool

	mu     sync.Mutex
	tokens []string // that logins gave
	notes  []string // on the merge request
}

const ciIdentity = "header.identity-of-the-job.signature"

func newCIRunner(t *testing.T) *ciRunner {
	t.Helper()
	r := &ciRunner{Harness: acctest.New(t), checkout: t.TempDir(), tools: t.TempDir(), github: map[string]workflow{}, gitlab: map[string]gitlabJob{}, ran: map[string]bool{}}
	examples := filepath.Join("..", "..", "examples", "ci")
	for from, to := range map[string]string{"terraform": "terraform", "steps": filepath.Join("ci", "steps")} {
		r.must(os.CopyFS(filepath.Join(r.checkout, to), os.DirFS(filepath.Join(examples, from))))
	}
	r.serve()
	r.file("terraform/providers.tf", acctest.ProviderBlock(r.OCI, r.front.URL, ""))
	r.mirror()
	r.tool("gh", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$GH_LOG\"\nif [ \"$1 $2\" = 'issue list' ]; then cat \"$GH_ISSUES\"; fi\n")
	r.file("gh.issues", "")
	for name, policy := range map[string]string{"plan-job": "plan-job.hcl", "apply-job": "apply-job.hcl"} {
		text, err := os.ReadFile(filepath.Join(examples, "policies", policy))
		r.must(err)
		r.Operator(http.MethodPost, "sys/policies/acl/"+name, map[string]any{"policy": string(text)})
	}
	files, err := filepath.Glob(filepath.Join(examples, "github", "*.yml"))
	r.must(err)
	for _, file := range files {
		var parsed workflow
		r.parse(file, &parsed)
		r.github[filepath.Base(file)] = parsed
	}
	var all map[string]yaml.Node
	r.parse(filepath.Join(examples, "gitlab", ".gitlab-ci.yml"), &all)
	for name, node := range all {
		var job gitlabJob
		if node.Decode(&job) == nil && len(job.Script) > 0 {
			r.gitlab[name] = job
		}
	}
	r.values = map[string]string{
		"vars.BAO_ADDR": r.front.URL, "vars.OCI_REGION": "eu-frankfurt-1", "vars.OCI_TENANCY_OCID": r.OCI.TenancyID, "vars.COMPARTMENT_ID": r.OCI.CompartmentID,
		"github.token": "gh-token", "github.repository": "acme/platform", "github.event.pull_request.number": "7",
	}
	for _, job := range []string{"PLAN", "APPLY"} {
		r.values["secrets.OCI_"+job+"_FINGERPRINT"] = r.OCI.Key.Fingerprint
		r.values["secrets.OCI_"+job+"_PRIVATE_KEY"] = r.OCI.Key.PrivateKeyPEM
		r.values["secrets.OCI_"+job+"_USER_OCID"] = r.OCI.UserID
	}
	return r
}

func (r *ciRunner) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *ciRunner) parse(file string, into any) {
	r.Helper()
	text, err := os.ReadFile(file)
	r.must(err)
	r.must(yaml.Unmarshal(text, into))
}

// file writes a file of the checkout.
func (r *ciRunner) file(name, content string) {
	r.Helper()
	r.must(os.WriteFile(filepath.Join(r.checkout, filepath.FromSlash(name)), []byte(content), 0o600))
}

// tool installs a program, or what belongs to one.
func (r *ciRunner) tool(name, content string) {
	r.Helper()
	path := filepath.Join(r.tools, filepath.FromSlash(name))
	r.must(os.MkdirAll(filepath.Dir(path), 0o700))
	r.must(os.WriteFile(path, []byte(content), 0o700))
}

// read is a file of the checkout; "" when there is none.
func (r *ciRunner) read(name string) string {
	content, _ := os.ReadFile(filepath.Join(r.checkout, filepath.FromSlash(name)))
	return string(content)
}

// mirror offers the built provider to init, as a registry would.
func (r *ciRunner) mirror() {
	r.Helper()
	built, err := os.ReadFile(filepath.Join(os.Getenv(acctest.EnvProviderDir), "terraform-provider-ocibao"))
	r.must(err)
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		r.tool(fmt.Sprintf("mirror/%s/ocibao/ocibao/0.1.0/%s_%s/terraform-provider-ocibao_v0.1.0", host, runtime.GOOS, runtime.GOARCH), string(built))
	}
	r.tool("cli.tfrc", fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(r.tools, "mirror")))
}

// serve stands for the services of GitHub and GitLab, and for an OpenBao whose
// auth method jwt trusts them: a login gives a token with the policy of its role.
func (r *ciRunner) serve() {
	r.Helper()
	target, err := url.Parse(r.Proxy.URL)
	r.must(err)
	openBao := httputil.NewSingleHostReverseProxy(target)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /identity", func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "bearer request-token" || req.URL.Query().Get("audience") != r.front.URL {
			http.Error(w, "no identity", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"value":%q}`, ciIdentity)
	})
	mux.HandleFunc("POST /v1/auth/jwt/login", func(w http.ResponseWriter, req *http.Request) {
		var login struct{ Role, JWT string }
		body, _ := io.ReadAll(req.Body)
		if yaml.Unmarshal(body, &login) != nil || login.JWT != ciIdentity {
			http.Error(w, "no login", http.StatusBadRequest)
			return
		}
		_, answer, err := r.Bao.Call(req.Context(), http.MethodPost, "", "auth/token/create",
			map[string]any{"policies": []string{login.Role}, "no_default_policy": true, "ttl": "15m"})
		auth, _ := answer["auth"].(map[string]any)
		if err != nil || auth == nil {
			http.Error(w, "no token", http.StatusInternalServerError)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tokens = append(r.tokens, fmt.Sprint(auth["client_token"]))
		fmt.Fprintf(w, `{"auth":{"client_token":%q}}`, auth["client_token"])
	})
	mux.HandleFunc("POST /api/v4/projects/42/merge_requests/7/notes", func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("PRIVATE-TOKEN") != "comment-token" {
			http.Error(w, "no comment", http.StatusUnauthorized)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.notes = append(r.notes, req.PostFormValue("body"))
	})
	mux.Handle("/", openBao)
	r.front = httptest.NewServer(mux)
	r.Cleanup(r.front.Close)
}

// shell runs a script as the runners do: the first command that fails ends it.
func (r *ciRunner) shell(script string, env map[string]string) acctest.Run {
	r.Helper()
	command := exec.CommandContext(r.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	command.Dir = r.checkout
	command.Env = []string{
		"PATH=" + r.tools + ":" + os.Getenv("PATH"), "HOME=" + r.checkout,
		"TF_CLI=" + r.Work.Command(r.Context()).Path, "TF_CLI_CONFIG_FILE=" + filepath.Join(r.tools, "cli.tfrc"),
		"GH_LOG=" + filepath.Join(r.checkout, "gh.log"), "GH_ISSUES=" + filepath.Join(r.checkout, "gh.issues"),
	}
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	return acctest.Run{ExitCode: command.ProcessState.ExitCode(), Output: string(output)}
}

var expression = regexp.MustCompile(`\$\{\{ *(.+?) *\}\}`)

// evaluate replaces the expressions in the variables of a workflow.
func (r *ciRunner) evaluate(into map[string]string, from map[string]string) {
	r.Helper()
	for name, value := range from {
		into[name] = expression.ReplaceAllStringFunc(value, func(found string) string {
			known, is := r.values[expression.FindStringSubmatch(found)[1]]
			if !is {
				r.Errorf("nobody sets %s", found)
			}
			return known
		})
	}
}

// runJob runs the shell steps of a job of GitHub, and returns the exit code of the
// first that failed with all output. What a step puts into GITHUB_ENV reaches the
// next ones.
func (r *ciRunner) runJob(file, name string) acctest.Run {
	r.Helper()
	flow := r.github[file]
	job, is := flow.Jobs[name]
	if !is {
		r.Fatalf("%s has no job %s", file, name)
	}
	env := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": r.front.URL + "/identity?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
	r.evaluate(env, flow.Env)
	r.evaluate(env, job.Env)
	r.outputs = map[string]string{}
	var whole acctest.Run
	for _, step := range job.Steps {
		failed := whole.ExitCode != 0
		condition, value, compares := strings.Cut(step.If, " == ")
		switch {
		case step.Run == "", failed && step.If != "always()":
			continue
		case compares && r.outputs[condition] != strings.Trim(value, "'"):
			continue
		case !compares && step.If != "" && step.If != "always()":
			r.Fatalf("%s: what does %q mean?", file, step.If)
		}
		stepEnv := maps.Clone(env)
		r.evaluate(stepEnv, step.Env)
		for _, channel := range []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
			r.file(channel, "")
			stepEnv[channel] = filepath.Join(r.checkout, channel)
		}
		run := r.shell(step.Run, stepEnv)
		r.ran[file+"/"+name+"/"+step.Name] = true
		whole.Output += run.Output
		if !failed {
			whole.ExitCode = run.ExitCode
		}
		for key, value := range assignments(r.read("GITHUB_ENV")) {
			env[key] = value
		}
		for key, value := range assignments(r.read("GITHUB_OUTPUT")) {
			r.outputs["steps."+step.ID+".outputs."+key] = value
		}
	}
	for _, channel := range []string{"GITHUB_ENV", "GITHUB_OUTPUT"} {
		r.file(channel, "") // the runner's own, which end with the job
	}
	r.loggedOut()
	return whole
}

func assignments(text string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, is := strings.Cut(strings.TrimSpace(line), "="); is {
			found[name] = value
		}
	}
	return found
}

// runScript runs the script of a job of GitLab, in one shell.
func (r *ciRunner) runScript(name string) acctest.Run {
	r.Helper()
	job, is := r.gitlab[name]
	if !is {
		r.Fatalf("there is no job %s", name)
	}
	env := map[string]string{
		"BAO_ADDR": r.front.URL, "BAO_ID_TOKEN": ciIdentity, "OCI_REGION": "eu-frankfurt-1", "OCI_TENANCY_OCID": r.OCI.TenancyID, "OCI_USER_OCID": r.OCI.UserID,
		"OCI_FINGERPRINT": r.OCI.Key.Fingerprint, "OCI_PRIVATE_KEY": r.OCI.Key.PrivateKeyPEM, "TF_VAR_compartment_id": r.OCI.CompartmentID,
		"CI_API_V4_URL": r.front.URL + "/api/v4", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "GITLAB_COMMENT_TOKEN": "comment-token",
	}
	maps.Copy(env, job.Variables)
	run := r.shell(strings.Join(job.Script, "\n"), env)
	r.ran["gitlab/"+name] = true
	if run.ExitCode == 0 {
		r.loggedOut()
	}
	return run
}

// loggedOut expects that no token of a job works any more, nor shows in a file.
func (r *ciRunner) loggedOut() {
	r.Helper()
	r.mu.Lock()
	tokens := slices.Clone(r.tokens)
	r.mu.Unlock()
	if len(tokens) == 0 {
		r.Error("nobody logged in")
		return
	}
	for _, token := range tokens {
		if status, _, err := r.Bao.Call(r.Context(), http.MethodGet, token, "credentials/metadata/a", nil); err != nil || status != http.StatusForbidden {
			r.Errorf("a token outlives its job: %d, %v", status, err)
		}
	}
	leaks, _, err := acctest.ScanDir(r.checkout, tokens...)
	if err != nil || len(leaks) > 0 {
		r.Errorf("a token is left in %v, %v", leaks, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = nil
}

// everyStepRan fails for each shell step that no test has run.
func (r *ciRunner) everyStepRan(platform string) {
	r.Helper()
	steps := 0
	check := func(name string) {
		if steps++; !r.ran[name] {
			r.Errorf("no test runs the step %s", name)
		}
	}
	if platform == "gitlab" {
		for name := range r.gitlab {
			check("gitlab/" + name)
		}
	} else {
		for file, flow := range r.github {
			for name, job := range flow.Jobs {
				for _, step := range job.Steps {
					if step.Run != "" {
						check(file + "/" + name + "/" + step.Name)
					}
				}
			}
		}
	}
	if steps < 4 {
		r.Errorf("only %d steps were found", steps)
	}
}
