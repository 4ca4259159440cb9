package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// migrated is a migrated secret with the arguments given.
func migrated(arguments string) string {
	return "resource \"ocibao_migrated_secret\" \"x\" {\n" + arguments + "\n}\n"
}

// What is wrong with an argument is said when the plan is made, at the argument.
func TestBadInput_AtPlan(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	for name, test := range map[string]struct {
		config string
		want   []string
	}{
		"trailing slash in name":   {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a/\"", id), []string{"Invalid secret name", `name = "a/"`, "slash"}},
		"leading slash in name":    {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"/a\"", id), []string{"Invalid secret name", "slash"}},
		"dots in name":             {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a/../b\"", id), []string{"Invalid secret name", `".."`}},
		"empty name":               {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"\"", id), []string{"Invalid secret name", "empty"}},
		"line break in name":       {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\\nb\"", id), []string{"Invalid secret name"}},
		"trailing slash in mount":  {fmt.Sprintf("secret_id = %q\nmount = \"kv/\"\nname = \"a\"", id), []string{"Invalid mount path", `mount = "kv/"`, "slash"}},
		"not an OCID":              {"secret_id = \"cloud_provider_a\"\nmount = \"kv\"\nname = \"a\"", []string{"Invalid secret OCID", "begins with ocid1.vaultsecret"}},
		"OCID of a vault":          {"secret_id = \"ocid1.vault.oc1.eu-frankfurt-1.aaaa\"\nmount = \"kv\"\nname = \"a\"", []string{"OCID of a vault, not of a secret"}},
		"OCID with a space":        {fmt.Sprintf("secret_id = \"%s \"\nmount = \"kv\"\nname = \"a\"", id), []string{"white space"}},
		"version and stage":        {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\nversion_number = 1\nstage = \"CURRENT\"", id), []string{"version_number", "stage"}},
		"version zero":             {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\nversion_number = 0", id), []string{"version_number", "at least 1"}},
		"unknown stage":            {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\nstage = \"current\"", id), []string{"stage", "CURRENT"}},
		"unknown format":           {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\nformat = \"yaml\"", id), []string{"format", `"json"`}},
		"unknown on_destroy":       {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\non_destroy = \"delete\"", id), []string{"on_destroy", "soft_delete"}},
		"reserved metadata":        {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\ncustom_metadata = { ocibao_x = \"y\" }", id), []string{"Invalid custom metadata", "begin with ocibao_ are the provider's own"}},
		"metadata value empty":     {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\ncustom_metadata = { x = \"\" }", id), []string{"Invalid custom metadata", `"x" is empty`}},
		"metadata with a newline":  {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\ncustom_metadata = { x = \"a\\nb\" }", id), []string{"Invalid custom metadata", `"x" has a character`}},
		"metadata value too long":  {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\ncustom_metadata = { x = %q }", id, strings.Repeat("y", 513)), []string{"Invalid custom metadata", "512 bytes"}},
		"namespace with dots":      {fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"a\"\nnamespace = \"../x\"", id), []string{"Invalid namespace"}},
		"missing argument is told": {"mount = \"kv\"\nname = \"a\"", []string{"secret_id", "required"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Configure(migrated(test.config))
			run := h.Plan(1)
			h.Contains(run, append(test.want, "on main.tf line")...)
			if got := strings.Count(run.Output, "Error:"); got != 1 {
				t.Errorf("%d errors, want one:\n%s", got, run.Output)
			}
		})
	}
	if len(h.Proxy.Writes()) > 0 || len(h.OCI.Requests()) > 0 {
		t.Error("bad arguments led to requests")
	}
}

// Names that are unusual but right arrive as they are.
func TestUnusualNames(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("team/kv", "2")
	h.MountKV("old", "1")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	names := []string{"a/b/c", "with space", "100%", "a+b", "q?x=1", "hash#tag", "ünïcode", "dots.in.name", "a@b", `quote"d`}
	config := fmt.Sprintf("locals {\n  names = [%s]\n}\n", quoted(names))
	for _, mount := range []string{"team/kv", "old"} {
		config += fmt.Sprintf(`
resource "ocibao_migrated_secret" %q {
  for_each  = toset(local.names)
  secret_id = %q
  mount     = %q
  name      = each.key
}
`, strings.ReplaceAll(mount, "/", "-"), id, mount)
	}
	h.Configure(config)
	h.Apply()
	h.Plan(0)
	if got := h.KV2("team/kv", "a/b/c"); !strings.Contains(got, "AKIA") {
		t.Errorf("stored %q", got)
	}
	for mount, path := range map[string]string{"team/kv": "team/kv/metadata", "old": "old"} {
		listed := fmt.Sprint(h.Data(path + "?list=true")["keys"])
		for _, name := range names[1:] {
			if !strings.Contains(listed, name) {
				t.Errorf("%q is not among the names in %s: %s", name, mount, listed)
			}
		}
	}
}

func quoted(texts []string) string {
	var list []string
	for _, text := range texts {
		list = append(list, fmt.Sprintf("%q", text))
	}
	return strings.Join(list, ", ")
}

// What only the servers can know is one clear error at apply, and nothing is lost.
func TestBadInput_AtApply(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	missing := strings.TrimSuffix(id, id[len(id)-6:]) + "zzzzzz"
	pending := h.Secret("pending", "x")
	if err := h.OCI.ScheduleDeletion(pending, time.Now().AddDate(0, 0, 9)); err != nil {
		t.Fatal(err)
	}
	blocked := h.Secret("blocked", "x")
	if err := h.OCI.BlockRetrieval(blocked); err != nil {
		t.Fatal(err)
	}
	denied := h.Secret("denied", "x")
	h.OCI.Deny(denied, ociemu.ReadBundle)
	for name, test := range map[string]struct {
		id, mount, extra string
		want             []string
	}{
		"OCID that does not exist": {missing, "kv", "", []string{"404 NotAuthorizedOrNotFound", "opc-request-id", "read"}},
		"pending deletion":         {pending, "kv", "", []string{"scheduled for deletion", "Cancel the deletion", "secret_id ="}},
		"content blocked":          {blocked, "kv", "", []string{"blocked"}},
		"content denied":           {denied, "kv", "", []string{"read secret-bundles"}},
		"version does not exist":   {id, "kv", "version_number = 9", []string{"9", "version_number"}},
		"no such mount":            {id, "nowhere", "", []string{"nowhere", "Mount the engine first"}},
		"mount of another type":    {id, "identity", "", []string{"identity", "KV"}},
		"mount path goes deeper":   {id, "kv/folder", "", []string{"kv/folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Configure(migrated(fmt.Sprintf("secret_id = %q\nmount = %q\nname = \"x\"\n%s", test.id, test.mount, test.extra)))
			run := h.ApplyFails(append(test.want, "Unable to migrate secret "+test.id)...)
			if got := strings.Count(run.Output, "Error:"); got != 1 {
				t.Errorf("%d errors, want one:\n%s", got, run.Output)
			}
			if h.KV2("kv", "x") != "" || strings.Contains(h.Work.Read("terraform.tfstate"), `"instances"`) {
				t.Error("something was stored")
			}
		})
	}
}

func TestBadInput_OCICredentials(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(migrated(fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"x\"", id)))
	other, err := ociemu.GenerateAPIKey()
	if err != nil {
		t.Fatal(err)
	}
	good := h.Work.Env
	for name, test := range map[string]struct {
		env  []string
		want []string
	}{
		"another key":            {[]string{"OCI_PRIVATE_KEY=" + other.PrivateKeyPEM}, []string{"fingerprint", h.OCI.Key.Fingerprint, other.Fingerprint}},
		"unregistered key":       {[]string{"OCI_PRIVATE_KEY=" + other.PrivateKeyPEM, "OCI_FINGERPRINT=" + other.Fingerprint}, []string{"401 NotAuthenticated"}},
		"wrong fingerprint":      {[]string{"OCI_FINGERPRINT=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"}, []string{"fingerprint", h.OCI.Key.Fingerprint}},
		"no key at all":          {[]string{"OCI_PRIVATE_KEY=not a key"}, []string{"private_key"}},
		"no fingerprint":         {[]string{"OCI_FINGERPRINT="}, []string{"Missing OCI setting", "TF_VAR_fingerprint, OCI_FINGERPRINT, OCI_CLI_FINGERPRINT"}},
		"no region":              {[]string{"OCI_REGION="}, []string{"Missing OCI setting", "OCI_REGION"}},
		"fingerprint, line feed": {[]string{"OCI_FINGERPRINT=" + h.OCI.Key.Fingerprint + "\n"}, nil},
		"key in one line":        {[]string{"OCI_PRIVATE_KEY=" + strings.ReplaceAll(h.OCI.Key.PrivateKeyPEM, "\n", `\n`)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Work.Env = append(append([]string{}, good...), test.env...)
			if test.want == nil {
				h.Plan(2)
				return
			}
			run := h.ApplyFails(test.want...)
			h.Lacks(run, "not a key", other.PrivateKeyPEM[40:100])
		})
	}
	h.Work.Env = good
	late := acctest.New(t, ociemu.WithClock(func() time.Time { return time.Now().Add(10 * time.Minute) }))
	late.MountKV("kv", "2")
	late.Configure(migrated(fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"x\"", late.Secret("a", "x"))))
	late.ApplyFails("401 NotAuthenticated", "clock")
}

func TestBadInput_OpenBaoConnection(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(migrated(fmt.Sprintf("secret_id = %q\nmount = \"kv\"\nname = \"x\"", id)))
	config, good := h.Work.Read("main.tf"), h.Work.Env
	replace := func(old, new string) string { return strings.Replace(config, old, new, 1) }
	address := fmt.Sprintf("address      = %q", h.Proxy.URL)
	for name, test := range map[string]struct {
		config string
		env    string
		want   []string
	}{
		"no address":        {replace(address, ""), "", []string{"Missing OpenBao address", "BAO_ADDR", "VAULT_ADDR"}},
		"no token":          {config, "BAO_TOKEN=", []string{"Missing OpenBao token", "BAO_TOKEN", "auth_approle"}},
		"no scheme":         {replace(address, `address = "bao.example.com:8200"`), "", []string{"openbao.address", "https://"}},
		"nobody listens":    {replace(address, `address = "http://127.0.0.1:9"`), "BAO_MAX_RETRIES=0", []string{"http://127.0.0.1:9", "BAO_ADDR"}},
		"wrong token":       {config, "BAO_TOKEN=s.wrong", []string{"403", "token"}},
		"https on http":     {replace(address, fmt.Sprintf("address = %q", strings.Replace(h.Proxy.URL, "http:", "https:", 1))), "BAO_MAX_RETRIES=0", []string{"http://"}},
		"missing CA":        {replace("ca_cert_file = null", `ca_cert_file = "missing.pem"`), "", []string{"missing.pem", "ca_cert_file"}},
		"retries misspelt":  {config, "BAO_MAX_RETRIES=many", []string{"BAO_MAX_RETRIES", "whole number"}},
		"token and AppRole": {replace("ca_cert_file = null", `token = "a"`+"\n"+`auth_approle = { role_id = "r" }`), "", []string{"Conflicting OpenBao logins"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			h.Work.Env = append([]string{}, good...)
			if test.env != "" {
				h.Work.Env = append(h.Work.Env, test.env)
			}
			h.Write("main.tf", test.config)
			run := h.ApplyFails(test.want...)
			if got := strings.Count(run.Output, "Error:"); got != 1 {
				t.Errorf("%d errors, want one:\n%s", got, run.Output)
			}
		})
	}
	h.Work.Env = good
	h.Write("main.tf", config)
	t.Run("permission denied on one path", func(t *testing.T) {
		h := *h
		h.TB = t
		h.Operator(http.MethodPost, "sys/policies/acl/limited", map[string]any{"policy": `
path "kv/metadata/*" { capabilities = ["read", "patch"] }
path "kv/data/other" { capabilities = ["create", "read"] }
`})
		token := h.Operator(http.MethodPost, "auth/token/create", map[string]any{"policies": []string{"limited"}})["auth"].(map[string]any)["client_token"].(string)
		h.Work.Env = append(append([]string{}, good...), "BAO_TOKEN="+token)
		run := h.ApplyFails("permission denied", `path "kv/data/x"`, `"create", "update"`)
		h.Lacks(run, token)
	})
	t.Run("sealed", func(t *testing.T) {
		h := *h
		h.TB = t
		h.Operator(http.MethodPost, "sys/seal", nil)
		started := time.Now()
		h.ApplyFails("sealed", "Unseal the server")
		if took := time.Since(started); took > 2*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
