package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// workflow is what a runner of GitHub does with a file of ours.
type workflow struct {
	Env  map[string]string
	Jobs map[string]struct {
		Env         map[string]string
		Environment string
		Permissions map[string]string
		Steps       []workflowStep
	}
}

type workflowStep struct {
	Name, ID, If, Uses, Run string
	Env                     map[string]string
}

// gitlabJob is a job of the file for GitLab, or a template for jobs.
type gitlabJob struct {
	Extends     string
	Script      []string
	Variables   map[string]string
	Environment yaml.Node
	IDTokens    map[string]struct{ Aud string } `yaml:"id_tokens"`
}

// environment is the name of the environment, which stands there alone or with
// more about it.
func (j gitlabJob) environment() string {
	var named struct{ Name string }
	if j.Environment.Decode(&named) == nil {
		return named.Name
	}
	return j.Environment.Value
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
	issuer   *acctest.TokenIssuer // of the identities of jobs
	claims   map[string]any       // of the job that runs
	github   map[string]workflow
	gitlab   map[string]gitlabJob
	values   map[string]string // of the expressions in workflows
	override map[string]string // variables that somebody else gives the jobs
	outputs  map[string]string // of the last job, such as steps.plan.outputs.changes
	ran      map[string]bool

	mu         sync.Mutex
	identities []string // that were given out
	notes      []string // on the merge request
}

// newCIRunner is a runner for a platform, github or gitlab.
func newCIRunner(t *testing.T, platform string) *ciRunner {
	t.Helper()
	r := &ciRunner{Harness: acctest.New(t), checkout: t.TempDir(), tools: t.TempDir(), github: map[string]workflow{}, gitlab: map[string]gitlabJob{}, ran: map[string]bool{}}
	examples := filepath.Join("..", "..", "examples", "ci")
	for from, to := range map[string]string{"terraform": "terraform", "steps": filepath.Join("ci", "steps")} {
		r.must(os.CopyFS(filepath.Join(r.checkout, to), os.DirFS(filepath.Join(examples, from))))
	}
	r.serve()
	r.file("terraform/emulator_override.tf", acctest.ProviderOverride(r.OCI))
	r.mirror()
	r.tool("gh", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$GH_LOG\"\nif [ \"$1 $2\" = 'issue list' ]; then cat \"$GH_ISSUES\"; fi\n")
	r.file("gh.issues", "")
	r.trust(filepath.Join(examples, "policies"), filepath.Join(examples, "roles", platform))
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
		if node.Decode(&job) == nil && (len(job.Script) > 0 || len(job.IDTokens) > 0) {
			r.gitlab[name] = job
		}
	}
	r.values = map[string]string{
		"vars.BAO_ADDR": r.Proxy.URL, "vars.OCI_REGION": "eu-frankfurt-1", "vars.OCI_TENANCY_OCID": r.OCI.TenancyID, "vars.COMPARTMENT_ID": r.OCI.CompartmentID,
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

// audience is what the roles of the example expect of an identity.
const audience = "https://bao.example.com:8200"

// trust sets up the auth method jwt as the README says, with the policies and the
// roles of these folders, for the identities that the runner signs.
func (r *ciRunner) trust(policies, roles string) {
	r.Helper()
	var err error
	r.issuer, err = acctest.NewTokenIssuer("https://ci.example.com")
	r.must(err)
	key, err := r.issuer.PublicKeyPEM()
	r.must(err)
	r.Operator(http.MethodPost, "sys/auth/jwt", map[string]any{"type": "jwt"})
	r.Operator(http.MethodPost, "auth/jwt/config", map[string]any{"jwt_validation_pubkeys": []string{key}, "bound_issuer": r.issuer.URL})
	for _, job := range []string{"plan-job", "apply-job"} {
		policy, err := os.ReadFile(filepath.Join(policies, job+".hcl"))
		r.must(err)
		r.Operator(http.MethodPost, "sys/policies/acl/"+job, map[string]any{"policy": string(policy)})
		text, err := os.ReadFile(filepath.Join(roles, job+".json"))
		r.must(err)
		var role map[string]any
		r.must(json.Unmarshal(text, &role))
		if got := fmt.Sprint(role["bound_audiences"]); got != "["+audience+"]" {
			r.Fatalf("the role %s is for %s", job, got)
		}
		role["bound_audiences"] = []string{r.Proxy.URL}
		r.Operator(http.MethodPost, "auth/jwt/role/"+job, role)
	}
}

// identity signs what the platform knows of the job that runs.
func (r *ciRunner) identity(audience string) string {
	claims := maps.Clone(r.claims)
	claims["aud"], claims["iat"], claims["exp"] = audience, time.Now().Unix(), time.Now().Add(5*time.Minute).Unix()
	token, err := r.issuer.Sign(claims)
	if err != nil {
		r.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.identities = append(r.identities, token)
	return token
}

// serve stands for the services of GitHub and GitLab.
func (r *ciRunner) serve() {
	r.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /identity", func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "bearer request-token" || req.URL.Query().Get("audience") == "" {
			http.Error(w, "no identity", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"value":%q}`, r.identity(req.URL.Query().Get("audience")))
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
	env := map[string]string{}
	if job.Permissions["id-token"] == "write" {
		env["ACTIONS_ID_TOKEN_REQUEST_URL"], env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = r.front.URL+"/identity?api-version=2.0", "request-token"
	}
	r.claims = githubClaims(file, job.Environment)
	before := r.forget()
	r.evaluate(env, flow.Env)
	r.evaluate(env, job.Env)
	maps.Copy(env, r.override)
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
	r.loggedOut(before)
	return whole
}

// githubClaims are those of an identity that the roles could look at.
func githubClaims(file, environment string) map[string]any {
	claims := map[string]any{"repository": "acme/platform", "ref": "refs/heads/main", "sub": "repo:acme/platform:ref:refs/heads/main"}
	if file == "pull-request.yml" {
		claims["ref"], claims["sub"] = "refs/pull/7/merge", "repo:acme/platform:pull_request"
	}
	if environment != "" {
		claims["environment"], claims["sub"] = environment, "repo:acme/platform:environment:"+environment
	}
	return claims
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
		"BAO_ADDR": r.Proxy.URL, "OCI_REGION": "eu-frankfurt-1", "OCI_TENANCY_OCID": r.OCI.TenancyID, "OCI_USER_OCID": r.OCI.UserID,
		"OCI_FINGERPRINT": r.OCI.Key.Fingerprint, "OCI_PRIVATE_KEY": r.OCI.Key.PrivateKeyPEM, "TF_VAR_compartment_id": r.OCI.CompartmentID,
		"CI_API_V4_URL": r.front.URL + "/api/v4", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "GITLAB_COMMENT_TOKEN": "comment-token",
	}
	maps.Copy(env, job.Variables)
	maps.Copy(env, r.override)
	r.claims = map[string]any{
		"project_path": "acme/platform", "ref": "main", "ref_protected": "true", "environment": job.environment(), "sub": "project_path:acme/platform:ref_type:branch:ref:main",
	}
	if name == "plan" { // of a merge request
		r.claims["ref"], r.claims["ref_protected"], r.claims["sub"] = "feature", "false", "project_path:acme/platform:ref_type:branch:ref:feature"
	}
	for variable, token := range r.gitlab[job.Extends].IDTokens {
		env[variable] = r.identity(os.Expand(token.Aud, func(name string) string { return env[name] }))
	}
	before := r.forget()
	run := r.shell(strings.Join(job.Script, "\n"), env)
	r.ran["gitlab/"+name] = true
	r.loggedOut(before)
	return run
}

// forget drops what the proxy saw, and returns the tokens that live.
func (r *ciRunner) forget() []string {
	r.Helper()
	r.Proxy.Reset()
	return liveTokens(r.Harness)
}

// loggedOut expects that no token lives longer than the job, and that neither a
// token nor an identity is left in a file.
func (r *ciRunner) loggedOut(before []string) {
	r.Helper()
	makesNoLastingToken(r.Harness, before)
	r.mu.Lock()
	secrets := append(usedTokens(r.Harness), r.identities...)
	r.mu.Unlock()
	leaks, _, err := acctest.ScanDir(r.checkout, secrets...)
	if err != nil || len(secrets) == 0 || len(leaks) > 0 {
		r.Errorf("of %d tokens and identities, left are %v, %v", len(secrets), leaks, err)
	}
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
		for name, job := range r.gitlab {
			if len(job.Script) > 0 {
				check("gitlab/" + name)
			}
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
