package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// auditThroughAPI is the setting of OpenBao that lets the API enable audit devices.
const auditThroughAPI = "unsafe_allow_api_audit_creation = true\n"

// audited is a harness with a server of this configuration.
func audited(t *testing.T, config string) *acctest.Harness {
	t.Helper()
	t.Parallel()
	return acctest.NewConfigured(t, config)
}

// options are the options of an audit device that writes to nowhere.
func options(extra ...string) string {
	return "options = {\n    " + strings.Join(append([]string{`file_path = "discard"`}, extra...), "\n    ") + "\n  }"
}

func auditDevice(extra ...string) string {
	return block("ocibao_audit_device", append([]string{`type = "file"`}, extra...)...)
}

func TestAuditDevice_Lifecycle(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Configure(auditDevice(`description = "To nowhere"`, options(`log_raw = false`, `mode = "0640"`)))
	h.Contains(h.Plan(2), "will be created", `path = "file"`, `type = "file"`, `"file_path" = "discard"`, `"log_raw" = "false"`, "local = false")
	settles(h)
	imports(h, "ocibao_audit_device.this", "file")
	adopts(h)
	if got := serverHas(h, "sys/audit", "file/.options.mode"); got != `"0640"` {
		t.Errorf("the server has mode %s", got)
	}
	vanished(h, "sys/audit/file")
	// Options that are written in another way make the same device.
	h.Configure(auditDevice(`description = "To nowhere"`, options(`log_raw = "0"`, `mode = 640`, `hmac_accessor = true`, `format = "json"`)))
	h.Plan(0)
	loseState(h)
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Plan(0)
	destroys(h, "DELETE sys/audit/file")
	h.Configure(block("ocibao_audit_device", `path = "team/wire"`, `type = "socket"`, `local = true`,
		`options = { address = "127.0.0.1:9", socket_type = "udp", write_timeout = "3s", skip_test = true }`))
	settles(h)
	imports(h, "ocibao_audit_device.this", "team/wire")
	destroys(h, "DELETE sys/audit/team/wire")
}

func TestAuditDevice_ImportByIdentity(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Operator(http.MethodPost, "sys/audit/disk", map[string]any{"type": "file", "options": map[string]string{"file_path": "discard"}})
	h.Configure(auditDevice(`path = "disk"`, options()) + "\nimport {\n  to = ocibao_audit_device.this\n  identity = { path = \"disk\" }\n}\n")
	if !identities(h) {
		h.Contains(h.Plan(1), "identity")
		return
	}
	h.Proxy.Reset()
	h.Contains(h.Plan(2), "1 to import, 0 to add, 0 to change, 0 to destroy")
	h.Apply()
	wrote(h)
	h.Plan(0)
}

// A device cannot be changed: whatever changes replaces it.
func TestAuditDevice_Replaced(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Configure(auditDevice(options()))
	h.Apply()
	replaces(h, map[string]string{
		"path":        auditDevice(`path = "disk"`, options()),
		"description": auditDevice(`description = "other"`, options()),
		"local":       auditDevice(`local = true`, options()),
		`"log_raw"`:   auditDevice(options(`log_raw = true`)),
		"options":     auditDevice(`options = { file_path = "stdout" }`),
		"type":        block("ocibao_audit_device", `type = "socket"`, `options = { address = "127.0.0.1:9" }`),
	})
	h.Configure(auditDevice(`description = "other"`, options(`elide_list_responses = true`)))
	h.Proxy.Reset()
	h.Apply()
	wrote(h, "DELETE sys/audit/file", "POST sys/audit/file")
	h.Plan(0)
	// By hand it can only be replaced too, which the plan shows.
	h.Operator(http.MethodDelete, "sys/audit/file", nil)
	h.Operator(http.MethodPost, "sys/audit/file", map[string]any{"type": "file", "options": map[string]string{"file_path": "discard", "log_raw": "true"}})
	h.Contains(h.Plan(2), "must be replaced", `"log_raw" = "true" -> null`, `"elide_list_responses" = "true"`)
	settles(h)
}

func TestAuditDevice_AnswerLost(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Configure(auditDevice(options()))
	losesAnswer(h, "sys/audit/file")
}

func TestAuditDevice_Conflict(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Operator(http.MethodPost, "sys/audit/file", map[string]any{"type": "file", "description": "of others", "options": map[string]string{"file_path": "stdout"}})
	refused(h, auditDevice(options()), "Unable to create audit device file", "differs in description, options.file_path", "Nothing was changed", `the ID "file"`, "another path")
	refused(h, auditDevice(`path = "file/second"`, options()), "Unable to create audit device file/second", "path already in use", "begins with it", "Choose another path")
	h.Configure(auditDevice(`description = "of others"`, `options = { file_path = "stdout", hmac_accessor = true }`))
	h.Proxy.Reset()
	h.Apply()
	wrote(h)
	h.Plan(0)
}

// OpenBao refuses audit devices through the API. The error shows the stanza; a
// server that has it has the device, which is adopted and watched.
func TestAuditDevice_Declared(t *testing.T) {
	closed := audited(t, "")
	file := filepath.Join(closed.Work.Dir, "audit ${log}.json")
	arguments := []string{`path = "disk"`, `description = "The \"disk\""`, fmt.Sprintf("options = {\n    file_path = %q\n    mode = \"0640\"\n  }", strings.ReplaceAll(file, "${", "$${"))}
	stanza := fmt.Sprintf("audit \"file\" \"disk\" {\n  description = \"The \\\"disk\\\"\"\n  options {\n    file_path = %q\n    mode = \"0640\"\n  }\n}", file)
	stanza = strings.ReplaceAll(stanza, "${", `\u0024{`)
	refused(closed, auditDevice(arguments...), "Unable to create audit device disk", "400", "cannot enable audit device via API",
		"Declare the device in the configuration file of OpenBao, the same on every node", "SIGHUP", stanza)

	h := acctest.NewConfigured(t, stanza+"\n")
	h.Configure(auditDevice(arguments...))
	settles(h)
	adopts(h)
	imports(h, "ocibao_audit_device.this", "disk")
	if !strings.Contains(readFile(t, file), `"type":"response"`) {
		t.Error("the declared device logs nothing")
	}

	// What is declared otherwise is told before anything is changed.
	h.Configure(auditDevice(append(arguments, `local = true`)...))
	h.Contains(h.Plan(2), "must be replaced")
	h.Proxy.Reset()
	h.ApplyFails("Unable to delete audit device disk", "cannot disable configuration-managed audit device", "Nothing was changed",
		`Take the stanza audit "file" "disk" out of the configuration file`, "destroy = false")
	wrote(h)
	h.Configure(auditDevice(arguments...))
	h.Plan(0)
	if run := h.CLI("destroy", "-auto-approve"); run.ExitCode == 0 {
		t.Error("a declared device was destroyed")
	}
	h.Plan(0)
}

func TestAuditDevice_BadInput(t *testing.T) {
	h := started(t)
	refuses(h, map[string]refusal{
		"no file":        {auditDevice(), []string{"Missing option", "needs the option file_path"}},
		"no address":     {block("ocibao_audit_device", `type = "socket"`), []string{"needs the option address"}},
		"empty file":     {auditDevice(`options = { file_path = "" }`), []string{"Invalid option file_path", "empty"}},
		"mode":           {auditDevice(options(`mode = "rw"`)), []string{"Invalid option mode", "octal"}},
		"log_raw":        {auditDevice(options(`log_raw = "yes"`)), []string{"Invalid option log_raw", "neither"}},
		"format":         {auditDevice(options(`format = "jsonx"`)), []string{"Invalid option format", "jsonx"}},
		"facility":       {block("ocibao_audit_device", `type = "syslog"`, `options = { facility = "nowhere" }`), []string{"Invalid option facility", "LOCAL7"}},
		"timeout":        {block("ocibao_audit_device", `type = "socket"`, `options = { address = "a:1", write_timeout = "x" }`), []string{"Invalid option write_timeout"}},
		"empty type":     {block("ocibao_audit_device", `type = ""`), []string{"at least 1"}},
		"trailing slash": {auditDevice(`path = "disk/"`, options()), []string{"Invalid audit device path", "ends with a slash"}},
	})
}

// A plan says what its reviewer should know about the options, also while other
// values are not known yet.
func TestAuditDevice_Warnings(t *testing.T) {
	h := started(t)
	h.Configure(auditDevice(options(`log_raw = true`, `hmac_acessor = false`)))
	h.Contains(h.Plan(2), "The audit log will hold secrets in the clear", "every secret that is written or read stands in the log",
		`OpenBao 2.6 knows no option "hmac_acessor"`, "It knows elide_list_responses, file_path, format, hmac_accessor, log_raw, mode, prefix, skip_test.")
	h.Configure(block("ocibao_audit_device", `type = "http"`, `options = {
    uri     = "https://audit.example.com"
    headers = jsonencode({ Authorization = ["Bearer x"], X-Team = ["env://TEAM"] })
  }`))
	h.Contains(h.Plan(2), "Headers of an audit device stand in the clear", "The values of Authorization stand in the plan")
	h.Configure(`
resource "terraform_data" "later" {
  input = "discard"
}
` + block("ocibao_audit_device", `type = terraform_data.later.output`) +
		strings.Replace(auditDevice(`description = terraform_data.later.output`, `options = { file_path = terraform_data.later.output, log_raw = true }`), `"this"`, `"that"`, 1))
	h.Contains(h.Plan(2), "The audit log will hold secrets in the clear", "3 to add")
}

// The rights that the error messages name are all that is needed.
func TestAuditDevice_Denied(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Configure(auditDevice(options()))
	becomes(h, `path "sys/mounts" { capabilities = ["read"] }`)
	h.ApplyFails("Unable to create audit device file", "permission denied", `path "sys/audit"`, `capabilities = ["read", "sudo"]`)
	becomes(h, `path "sys/audit" { capabilities = ["read", "sudo"] }`)
	h.ApplyFails("Unable to create audit device file", "permission denied", `path "sys/audit/file"`, `capabilities = ["update", "sudo"]`)
	becomes(h, `path "sys/audit" { capabilities = ["read", "sudo"] }
path "sys/audit/file" { capabilities = ["update", "sudo"] }`)
	settles(h)
	h.Contains(h.CLI("destroy", "-auto-approve"), "Unable to delete audit device file", `path "sys/audit/file"`, `capabilities = ["delete", "sudo"]`)
	becomes(h, `path "sys/audit" { capabilities = ["read", "sudo"] }
path "sys/audit/file" { capabilities = ["delete", "sudo"] }`)
	destroys(h, "DELETE sys/audit/file")
}

// Audit devices belong to the server: a namespace of the provider makes no
// difference.
func TestAuditDevice_ProviderInNamespace(t *testing.T) {
	h := audited(t, auditThroughAPI)
	h.Work.Env = append(h.Work.Env, "BAO_NAMESPACE=team")
	h.Configure(auditDevice(options()))
	settles(h)
	imports(h, "ocibao_audit_device.this", "file")
	destroys(h, "DELETE sys/audit/file")
}

func TestAuditDevice_ImportRefused(t *testing.T) {
	h := started(t)
	h.Configure(auditDevice(options()))
	h.Contains(h.CLI("import", "ocibao_audit_device.this", "file/"), "Invalid import ID", "such as file")
	h.Contains(h.CLI("import", "ocibao_audit_device.this", "file"), "Cannot import non-existent remote object")
}
