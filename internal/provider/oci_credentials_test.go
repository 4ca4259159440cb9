package provider_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// identity is one way to be somebody at OCI.
type identity struct {
	env       []string
	principal string   // who OCI takes the requests to be from
	secrets   []string // what must not get out
}

// Each way to authenticate brings a secret from the one side to the other, and
// nothing of the credentials gets out.
func TestOCICredentials(t *testing.T) {
	t.Parallel()
	for name, become := range map[string]func(*acctest.Harness) identity{
		"encrypted key": func(h *acctest.Harness) identity {
			return encryptedKey(h, "OCI_PRIVATE_KEY", "OCI_PRIVATE_KEY_PASSWORD", ociemu.EncryptKey)
		},
		"encrypted key of the command line": func(h *acctest.Harness) identity {
			return encryptedKey(h, "OCI_CLI_KEY_CONTENT", "OCI_CLI_PASSPHRASE", ociemu.EncryptKeyLegacy)
		},
		"variables of the command line": commandLine,
		"security token of a profile":   profileSession,
		"security token by variables":   variableSession,
		"instance principal":            func(h *acctest.Harness) identity { return instance(h, "OCI_AUTH=instanceprincipal") },
		"instance principal of the command line": func(h *acctest.Harness) identity {
			return instance(h, "OCI_CLI_AUTH=instance_principal", "OCI_CLI_REGION=uk-london-1")
		},
		"resource principal":    function,
		"OKE workload identity": pod,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := acctest.New(t)
			h.MountKV("kv", "2")
			id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
			who := become(h)
			h.Work.Env = append([]string{h.Work.Env[0], "BAO_TOKEN=" + acctest.RootToken, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log"}, who.env...)
			h.Configure(migrated("secret_id = \"" + id + "\"\nmount = \"kv\"\nname = \"a\""))
			h.Apply()
			h.Plan(0)
			if got := h.KV2("kv", "a"); !strings.Contains(got, "AKIA513J2DDRAXCFKXF5") {
				t.Errorf("stored %s", got)
			}
			for _, request := range h.OCI.Requests() {
				if strings.HasPrefix(request.Call, "secrets.") && request.Principal != who.principal {
					t.Errorf("%s came from %q, want %q", request.Call, request.Principal, who.principal)
				}
			}
			for _, file := range []string{"trace.log", "terraform.tfstate"} {
				if leaks := acctest.Scan(file, []byte(h.Work.Read(file)), who.secrets...); len(leaks) > 0 {
					t.Errorf("found %v", leaks)
				}
			}
		})
	}
}

func newKey(h *acctest.Harness) (*rsa.PrivateKey, string) {
	h.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		h.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		h.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// apiKey registers a new key for the user.
func apiKey(h *acctest.Harness) (key *rsa.PrivateKey, text, fingerprint string) {
	h.Helper()
	key, text = newKey(h)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		h.Fatal(err)
	}
	fingerprint, err = h.OCI.AddAPIKey(h.OCI.UserID, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})))
	if err != nil {
		h.Fatal(err)
	}
	return key, text, fingerprint
}

// lineOf is a line in the middle of a PEM text.
func lineOf(text string) string { return strings.Split(text, "\n")[5] }

func encryptedKey(h *acctest.Harness, keyVariable, passwordVariable string, encrypt func(*rsa.PrivateKey, string) (string, error)) identity {
	h.Helper()
	const password = "a password with spaces"
	key, plain, fingerprint := apiKey(h)
	text, err := encrypt(key, password)
	if err != nil {
		h.Fatal(err)
	}
	return identity{
		env: []string{
			"OCI_TENANCY_OCID=" + h.OCI.TenancyID, "OCI_USER_OCID=" + h.OCI.UserID, "OCI_FINGERPRINT=" + fingerprint, "OCI_REGION=eu-frankfurt-1",
			keyVariable + "=" + text, passwordVariable + "=" + password,
		},
		principal: h.OCI.UserID, secrets: []string{password, lineOf(plain), lineOf(text)},
	}
}

func commandLine(h *acctest.Harness) identity {
	h.Helper()
	_, text, fingerprint := apiKey(h)
	h.Write("key.pem", text)
	return identity{
		env: []string{
			"OCI_CLI_AUTH=api_key", "OCI_CLI_TENANCY=" + h.OCI.TenancyID, "OCI_CLI_USER=" + h.OCI.UserID, "OCI_CLI_FINGERPRINT=" + fingerprint,
			"OCI_CLI_REGION=eu-frankfurt-1", "OCI_CLI_KEY_FILE=" + filepath.Join(h.Work.Dir, "key.pem"),
		},
		principal: h.OCI.UserID, secrets: []string{lineOf(text)},
	}
}

// session is a key and a token for it, as files of the workspace.
func session(h *acctest.Harness) (keyFile, tokenFile string, secrets []string) {
	h.Helper()
	key, text := newKey(h)
	token := sessionToken(h, "session-of-a-person", key)
	h.Write("session.pem", text)
	h.Write("token", token+"\n")
	return filepath.Join(h.Work.Dir, "session.pem"), filepath.Join(h.Work.Dir, "token"), []string{lineOf(text), token}
}

func sessionToken(h *acctest.Harness, subject string, key *rsa.PrivateKey) string {
	h.Helper()
	token, err := ociemu.SecurityToken(h.OCI.TenancyID, subject, &key.PublicKey, time.Now().Add(time.Hour))
	if err != nil {
		h.Fatal(err)
	}
	return token
}

func profileSession(h *acctest.Harness) identity {
	h.Helper()
	keyFile, tokenFile, secrets := session(h)
	h.Write("oci-config", "[SESSION]\nregion=eu-frankfurt-1\ntenancy="+h.OCI.TenancyID+"\nfingerprint=00:11\nkey_file="+keyFile+"\nsecurity_token_file="+tokenFile+"\n")
	return identity{
		env:       []string{"OCI_CLI_AUTH=security_token", "OCI_CLI_CONFIG_FILE=" + filepath.Join(h.Work.Dir, "oci-config"), "OCI_CLI_PROFILE=SESSION"},
		principal: "session-of-a-person", secrets: secrets,
	}
}

func variableSession(h *acctest.Harness) identity {
	h.Helper()
	keyFile, tokenFile, secrets := session(h)
	return identity{
		env:       []string{"TF_VAR_auth=SecurityToken", "OCI_REGION=eu-frankfurt-1", "OCI_CLI_SECURITY_TOKEN_FILE=" + tokenFile, "OCI_CLI_KEY_FILE=" + keyFile},
		principal: "session-of-a-person", secrets: secrets,
	}
}

func instance(h *acctest.Harness, env ...string) identity {
	h.Helper()
	machine, err := h.OCI.AddInstance(h.OCI.TenancyID)
	if err != nil {
		h.Fatal(err)
	}
	metadata, federation := httptest.NewServer(machine.MetadataService()), httptest.NewServer(machine.FederationService())
	h.Cleanup(metadata.Close)
	h.Cleanup(federation.Close)
	return identity{
		env:       append(env, "OCI_METADATA_BASE_URL="+metadata.URL+"/opc/v2", "OCI_SDK_AUTH_CLIENT_REGION_URL="+federation.URL),
		principal: machine.ID,
	}
}

func function(h *acctest.Harness) identity {
	h.Helper()
	key, text := newKey(h)
	token := sessionToken(h, "a-function", key)
	return identity{
		env: []string{
			"OCI_CLI_AUTH=resource_principal", "OCI_RESOURCE_PRINCIPAL_VERSION=2.2", "OCI_RESOURCE_PRINCIPAL_REGION=eu-frankfurt-1",
			"OCI_RESOURCE_PRINCIPAL_RPST=" + token, "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM=" + text,
		},
		principal: "a-function", secrets: []string{token, lineOf(text)},
	}
}

func pod(h *acctest.Harness) identity {
	h.Helper()
	workload := h.OCI.AddWorkload(h.OCI.TenancyID, "pipeline")
	cluster := httptest.NewTLSServer(workload.SessionTokens())
	h.Cleanup(cluster.Close)
	h.Write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cluster.Certificate().Raw})))
	h.Write("service-account", workload.ServiceAccountToken)
	return identity{
		env: []string{
			"OCI_AUTH=OKEWorkloadIdentity", "OCI_RESOURCE_PRINCIPAL_VERSION=2.2", "OCI_RESOURCE_PRINCIPAL_REGION=eu-frankfurt-1",
			"OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH=" + filepath.Join(h.Work.Dir, "ca.crt"),
			"OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH=" + filepath.Join(h.Work.Dir, "service-account"),
			// The SDK puts its own port behind the host; after a slash that is a part of the path.
			"KUBERNETES_SERVICE_HOST=" + strings.TrimPrefix(cluster.URL, "https://") + "/proxymux",
		},
		principal: workload.ID, secrets: []string{workload.ServiceAccountToken},
	}
}

// Where an identity is not to be had, one error says so in bounded time and names
// what to do.
func TestOCICredentials_Elsewhere(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	base := []string{h.Work.Env[0], "BAO_TOKEN=" + acctest.RootToken}
	for name, test := range map[string]struct {
		env  []string
		want []string
	}{
		"no instance": {[]string{"OCI_AUTH=InstancePrincipal", "OCI_METADATA_BASE_URL=http://127.0.0.1:9/opc/v2"},
			[]string{"auth InstancePrincipal: the instance metadata service at 127.0.0.1:9 cannot be reached", "Run on an OCI compute instance", "ApiKey"}},
		"no function": {[]string{"OCI_CLI_AUTH=resource_principal"}, []string{"ResourcePrincipal works in an OCI resource", "OCI_RESOURCE_PRINCIPAL_VERSION"}},
		"no pod": {[]string{"OCI_AUTH=okeworkloadidentity", "OCI_RESOURCE_PRINCIPAL_VERSION=2.2", "KUBERNETES_SERVICE_HOST="},
			[]string{"OKEWorkloadIdentity works in a pod", "OCI_RESOURCE_PRINCIPAL_REGION", "KUBERNETES_SERVICE_HOST"}},
		"no session":    {[]string{"OCI_AUTH=SecurityToken"}, []string{"oci session authenticate", "~/.oci/config"}},
		"no such thing": {[]string{"OCI_AUTH=Magic"}, []string{`"Magic" is not known`, "OKEWorkloadIdentity"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.TB = t
			work := *h.Work
			h.Work = &work
			h.Work.Env = append(append([]string{}, base...), test.env...)
			h.Configure(migrated("secret_id = \"" + id + "\"\nmount = \"kv\"\nname = \"a\""))
			began := time.Now()
			run := h.ApplyFails(test.want...)
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it took %s", took)
			}
			if got := strings.Count(run.Output, "Error:"); got != 1 {
				t.Errorf("%d errors, want one:\n%s", got, run.Output)
			}
		})
	}
}
