package settings_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/settings"
)

// environment is an environment of maps.
func environment(variables, files map[string]string) settings.Environment {
	return settings.Environment{
		Getenv: func(name string) string { return variables[name] },
		ReadFile: func(path string) ([]byte, error) {
			if content, exists := files[path]; exists {
				return []byte(content), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Home:    "/Users/u",
		Version: "1.2.3",
	}
}

// problems are the attributes and texts of problems, one a line.
func problems(found []settings.Problem) string {
	var text strings.Builder
	for _, problem := range found {
		text.WriteString(strings.Join(problem.Path, ".") + ": " + problem.Summary + ": " + problem.Detail + "\n")
	}
	return text.String()
}

func TestOpenBao(t *testing.T) {
	type vars = map[string]string
	for name, test := range map[string]struct {
		block     settings.OpenBaoBlock
		variables vars
		files     vars
		address   string
		token     string
		namespace string
		check     string // text that a problem must have; none expected when empty
	}{
		"block": {
			block:   settings.OpenBaoBlock{Address: "https://block", Token: "t-block", Namespace: "n-block"},
			address: "https://block", token: "t-block", namespace: "n-block",
		},
		"block wins": {
			block:     settings.OpenBaoBlock{Address: "https://block", Token: "t-block", Namespace: "n-block"},
			variables: vars{"BAO_ADDR": "https://bao", "BAO_TOKEN": "t-bao", "BAO_NAMESPACE": "n-bao", "VAULT_ADDR": "https://vault"},
			address:   "https://block", token: "t-block", namespace: "n-block",
		},
		"BAO wins over VAULT": {
			variables: vars{"BAO_ADDR": "https://bao", "BAO_TOKEN": "t-bao", "BAO_NAMESPACE": "n-bao", "VAULT_ADDR": "https://vault", "VAULT_TOKEN": "t-vault", "VAULT_NAMESPACE": "n-vault"},
			address:   "https://bao", token: "t-bao", namespace: "n-bao",
		},
		"VAULT": {
			variables: vars{"VAULT_ADDR": "https://vault", "VAULT_TOKEN": "t-vault\n", "VAULT_NAMESPACE": "n-vault"},
			address:   "https://vault", token: "t-vault", namespace: "n-vault",
		},
		"variable wins over file": {
			variables: vars{"BAO_ADDR": "https://bao", "VAULT_TOKEN": "t-vault"},
			files:     vars{"/Users/u/.vault-token": "t-file"},
			address:   "https://bao", token: "t-vault",
		},
		"file of the command line": {
			variables: vars{"BAO_ADDR": "https://bao"},
			files:     vars{"/Users/u/.vault-token": "t-file\n"},
			address:   "https://bao", token: "t-file",
		},
		"file that a variable names": {
			variables: vars{"BAO_ADDR": "https://bao", "BAO_TOKEN_PATH": "/run/token"},
			files:     vars{"/Users/u/.vault-token": "t-file", "/run/token": "t-run"},
			address:   "https://bao", token: "t-run",
		},
		"AppRole leaves the environment's token alone": {
			block:     settings.OpenBaoBlock{Address: "https://block", Logins: settings.Logins{AppRole: &settings.AppRoleBlock{RoleID: "r", SecretID: "s"}}},
			variables: vars{"BAO_TOKEN": "t-bao"},
			address:   "https://block",
		},
		"nothing": {check: "openbao.address: Missing OpenBao address"},
		"no token": {
			block: settings.OpenBaoBlock{Address: "https://block"}, address: "https://block",
			check: "openbao.token: Missing OpenBao token",
		},
		"empty token file": {
			block: settings.OpenBaoBlock{Address: "https://block"}, address: "https://block",
			files: vars{"/Users/u/.vault-token": "\n"},
			check: "openbao.token: Missing OpenBao token",
		},
		"retries": {
			block:   settings.OpenBaoBlock{Address: "https://block", Token: "t", MaxRetries: "-1"},
			address: "https://block", token: "t", check: "openbao.max_retries: Invalid OpenBao setting",
		},
		"switch": {
			block:     settings.OpenBaoBlock{Address: "https://block", Token: "t"},
			variables: vars{"VAULT_SKIP_VERIFY": "perhaps"},
			address:   "https://block", token: "t", check: "VAULT_SKIP_VERIFY must be true or false",
		},
		"CA twice": {
			block:   settings.OpenBaoBlock{Address: "https://block", Token: "t", CACertFile: "a", CACertPEM: "b"},
			address: "https://block", token: "t", check: "openbao.ca_cert_pem",
		},
		"CA missing": {
			variables: vars{"BAO_ADDR": "https://bao", "BAO_TOKEN": "t-bao", "BAO_CACERT": "/ca.pem"},
			address:   "https://bao", token: "t-bao", check: "the file /ca.pem named by the environment variable BAO_CACERT cannot be read: file does not exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, found := settings.OpenBao(test.block, environment(test.variables, test.files))
			if config.Address != test.address || string(config.Token.Reveal()) != test.token || config.Namespace != test.namespace {
				t.Errorf("got %s with token %q in %q", config.Address, config.Token.Reveal(), config.Namespace)
			}
			if text := problems(found); test.check == "" && text != "" || !strings.Contains(text, test.check) {
				t.Errorf("got problems %q, want %q", text, test.check)
			}
			if (config.Login != nil) != (test.block.AppRole != nil) {
				t.Error("the login is not the block's")
			}
		})
	}
}

func TestOpenBao_Proxy(t *testing.T) {
	type vars = map[string]string
	for name, test := range map[string]struct {
		variables vars
		want      string
		check     string // text that a problem must have; none expected when empty
	}{
		"none":                       {},
		"address":                    {variables: vars{"BAO_PROXY_ADDR": "http://a:1", "VAULT_PROXY_ADDR": "http://b:1", "BAO_HTTP_PROXY": "http://c:1"}, want: "http://a:1"},
		"address of VAULT":           {variables: vars{"VAULT_PROXY_ADDR": "http://b:1", "BAO_HTTP_PROXY": "http://c:1"}, want: "http://b:1"},
		"HTTP proxy":                 {variables: vars{"BAO_HTTP_PROXY": "https://c:1", "VAULT_HTTP_PROXY": "http://d:1"}, want: "https://c:1"},
		"HTTP proxy of VAULT":        {variables: vars{"VAULT_HTTP_PROXY": "http://user:word@d:1"}, want: "http://user:word@d:1"},
		"standard variables":         {variables: vars{"HTTPS_PROXY": "http://e:1"}},
		"no scheme":                  {variables: vars{"BAO_PROXY_ADDR": "proxy:3128"}, check: "openbao: Invalid OpenBao setting: Unable to use the proxy in the environment variable BAO_PROXY_ADDR"},
		"a password is not repeated": {variables: vars{"BAO_PROXY_ADDR": "ftp://user:hunter2@proxy"}, check: "it is no URL such as"},
	} {
		t.Run(name, func(t *testing.T) {
			config, found := settings.OpenBao(settings.OpenBaoBlock{Address: "https://a", Token: "t"}, environment(test.variables, nil))
			var got string
			if config.Proxy != nil {
				got = config.Proxy.String()
			}
			text := problems(found)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if test.check == "" && text != "" || !strings.Contains(text, test.check) || strings.Contains(text, "hunter2") {
				t.Errorf("got problems %q, want %q", text, test.check)
			}
		})
	}
}

func TestOpenBao_TLSAndLimits(t *testing.T) {
	config, found := settings.OpenBao(settings.OpenBaoBlock{Address: "https://a", Token: "t", TLSServerName: "name"}, environment(map[string]string{
		"BAO_CACERT": "~/ca.pem", "VAULT_CLIENT_CERT": "/c.pem", "BAO_CLIENT_KEY": "/k.pem", "VAULT_SKIP_VERIFY": "1", "BAO_MAX_RETRIES": "0",
	}, map[string]string{"/Users/u/ca.pem": "CA", "/c.pem": "CERT", "/k.pem": "KEY"}))
	if len(found) > 0 {
		t.Fatal(problems(found))
	}
	if string(config.CACertPEM) != "CA" || string(config.ClientCertPEM) != "CERT" || string(config.ClientKeyPEM.Reveal()) != "KEY" ||
		!config.SkipTLSVerify || config.TLSServerName != "name" || config.MaxRetries == nil || *config.MaxRetries != 0 {
		t.Errorf("got %q %q %q %v %q", config.CACertPEM, config.ClientCertPEM, config.ClientKeyPEM.Reveal(), config.SkipTLSVerify, config.TLSServerName)
	}
	if config.UserAgent != "terraform-provider-ocibao/1.2.3" {
		t.Errorf("user agent %q", config.UserAgent)
	}
}

const profiles = `[DEFAULT]
tenancy=ocid1.tenancy.file
user=ocid1.user.file
fingerprint=ff:ff
key_file=/file.pem
region=file-region-1

[OTHER]
tenancy=ocid1.tenancy.other
user=ocid1.user.other
fingerprint=ee:ee
key_file=/other.pem
region=other-region-1
`

func TestOCI(t *testing.T) {
	type vars = map[string]string
	full := settings.OCIBlock{Region: "block-1", TenancyOCID: "t-block", UserOCID: "u-block", Fingerprint: "f-block", PrivateKeyPath: "/block.pem"}
	tf := vars{"TF_VAR_region": "tf-1", "TF_VAR_tenancy_ocid": "t-tf", "TF_VAR_user_ocid": "u-tf", "TF_VAR_fingerprint": "f-tf", "TF_VAR_private_key": "k-tf"}
	native := vars{"OCI_REGION": "oci-1", "OCI_TENANCY_OCID": "t-oci", "OCI_USER_OCID": "u-oci", "OCI_FINGERPRINT": "f-oci", "OCI_PRIVATE_KEY_PATH": "/oci.pem"}
	cli := vars{"OCI_CLI_REGION": "cli-1", "OCI_CLI_TENANCY": "t-cli", "OCI_CLI_USER": "u-cli", "OCI_CLI_FINGERPRINT": "f-cli", "OCI_CLI_KEY_FILE": "/cli.pem"}
	file := vars{"/Users/u/.oci/config": profiles}
	for name, test := range map[string]struct {
		block     settings.OCIBlock
		variables vars
		files     vars
		want      string // region tenancy user fingerprint key path profile
		check     string
	}{
		"block":                {full, nil, nil, "block-1 t-block u-block f-block  /block.pem ", ""},
		"block wins":           {full, merge(tf, native, cli), file, "block-1 t-block u-block f-block  /block.pem ", ""},
		"TF_VAR wins over OCI": {settings.OCIBlock{}, merge(cli, native, tf), file, "tf-1 t-tf u-tf f-tf k-tf  ", ""},
		"OCI wins over CLI":    {settings.OCIBlock{}, merge(cli, native), file, "oci-1 t-oci u-oci f-oci  /oci.pem ", ""},
		"CLI wins over file":   {settings.OCIBlock{}, cli, file, "cli-1 t-cli u-cli f-cli  /cli.pem ", ""},
		"file":                 {settings.OCIBlock{}, nil, file, "      /Users/u/.oci/config:", ""},
		"profile":              {settings.OCIBlock{ConfigFileProfile: "OTHER"}, nil, file, "      /Users/u/.oci/config:OTHER", ""},
		"profile of a variable": {settings.OCIBlock{}, vars{"OCI_CLI_PROFILE": "OTHER", "OCI_CLI_CONFIG_FILE": "/etc/oci"}, vars{"/etc/oci": profiles},
			"      /etc/oci:OTHER", ""},
		"file fills what is missing":                          {settings.OCIBlock{Region: "block-1"}, nil, file, "block-1      /Users/u/.oci/config:", ""},
		"key of the block wins over a key of the environment": {full, vars{"TF_VAR_private_key": "k-tf"}, nil, "block-1 t-block u-block f-block  /block.pem ", ""},
		"key wins over path":                                  {settings.OCIBlock{Region: "r-1", TenancyOCID: "t", UserOCID: "u", Fingerprint: "f", PrivateKey: "k", PrivateKeyPath: "/p"}, nil, nil, "r-1 t u f k  ", ""},
		"nothing":                                             {settings.OCIBlock{}, nil, nil, "      ", "oci.tenancy_ocid: Missing OCI setting"},
		"no region":                                           {settings.OCIBlock{TenancyOCID: "t", UserOCID: "u", Fingerprint: "f", PrivateKey: "k"}, nil, nil, " t u f k  ", "oci.region: Missing OCI setting: No region is set for OCI. Set it in the provider's oci block, or one of the environment variables TF_VAR_region, OCI_REGION, OCI_CLI_REGION"},
		"profile not there":                                   {settings.OCIBlock{ConfigFileProfile: "X"}, nil, file, "      ", "oci.config_file_profile: Invalid OCI setting"},
		"file not there":                                      {settings.OCIBlock{ConfigFilePath: "/none"}, nil, file, "      ", "the file /none named by config_file_path cannot be read"},
		"bad concurrency":                                     {merged(full, settings.OCIBlock{MaxConcurrency: "0"}), nil, nil, "block-1 t-block u-block f-block  /block.pem ", "oci.max_concurrency"},
		"bad duration":                                        {merged(full, settings.OCIBlock{RetryMaxElapsed: "soon"}), nil, nil, "block-1 t-block u-block f-block  /block.pem ", "oci.retry_max_elapsed"},
		"other kinds of auth":                                 {settings.OCIBlock{Auth: "InstancePrincipal", Region: "r-1"}, nil, file, "r-1      ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			config, found := settings.OCI(test.block, environment(test.variables, test.files))
			got := strings.Join([]string{config.Region, config.TenancyOCID, config.UserOCID, config.Fingerprint, string(config.PrivateKey.Reveal()), config.PrivateKeyPath, ""}, " ")
			if config.ConfigFilePath != "" {
				got += config.ConfigFilePath + ":" + config.ConfigFileProfile
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if text := problems(found); test.check == "" && text != "" || !strings.Contains(text, test.check) {
				t.Errorf("got problems %q, want %q", text, test.check)
			}
		})
	}
}

func TestOCI_Limits(t *testing.T) {
	block := settings.OCIBlock{Region: "r-1", TenancyOCID: "t", UserOCID: "u", Fingerprint: "f", PrivateKey: "k", MaxConcurrency: "3", RetryMaxElapsed: "90s", CACertPEM: "CA",
		Endpoints: ocivault.Endpoints{Secrets: "https://s"}}
	config, found := settings.OCI(block, environment(nil, nil))
	if len(found) > 0 || config.MaxConcurrency != 3 || config.RetryMaxElapsed != 90*time.Second || string(config.CACertPEM) != "CA" || config.Endpoints.Secrets != "https://s" {
		t.Errorf("got %d, %s, %q, %v", config.MaxConcurrency, config.RetryMaxElapsed, config.CACertPEM, found)
	}
	block.RetryMaxElapsed = "0s"
	if config, _ := settings.OCI(block, environment(nil, nil)); config.RetryMaxElapsed >= 0 {
		t.Error("0s does not turn repetitions off")
	}
}

func TestOCI_Auth(t *testing.T) {
	type vars = map[string]string
	file := vars{"/Users/u/.oci/config": profiles}
	for name, test := range map[string]struct {
		block     settings.OCIBlock
		variables vars
		files     vars
		auth      string
		want      string // profile and token file
		check     string
	}{
		"word of the command line":        {settings.OCIBlock{}, vars{"OCI_CLI_AUTH": "instance_principal"}, nil, "InstancePrincipal", "", ""},
		"in any case":                     {settings.OCIBlock{}, vars{"OCI_AUTH": "Resource_Principal"}, nil, "ResourcePrincipal", "", ""},
		"pod":                             {settings.OCIBlock{}, vars{"OCI_AUTH": "oke_workload_identity"}, nil, "OKEWorkloadIdentity", "", ""},
		"API key":                         {settings.OCIBlock{}, vars{"OCI_CLI_AUTH": "api_key"}, file, "ApiKey", "/Users/u/.oci/config:", ""},
		"block wins":                      {settings.OCIBlock{Auth: "apikey"}, vars{"OCI_CLI_AUTH": "instance_principal"}, file, "apikey", "/Users/u/.oci/config:", ""},
		"unknown word stays":              {settings.OCIBlock{}, vars{"OCI_AUTH": "magic"}, nil, "magic", "", ""},
		"session of the usual file":       {settings.OCIBlock{}, vars{"OCI_CLI_AUTH": "security_token"}, file, "SecurityToken", "/Users/u/.oci/config:", ""},
		"session of a profile":            {settings.OCIBlock{Auth: "SecurityToken", ConfigFileProfile: "OTHER"}, nil, file, "SecurityToken", "/Users/u/.oci/config:OTHER", ""},
		"session without a file":          {settings.OCIBlock{Auth: "SecurityToken"}, nil, nil, "SecurityToken", "", "oci session authenticate"},
		"session of variables":            {settings.OCIBlock{Auth: "SecurityToken", Region: "r-1", PrivateKey: "k"}, vars{"OCI_CLI_SECURITY_TOKEN_FILE": "~/t"}, nil, "SecurityToken", "/Users/u/t", ""},
		"session of variables and a file": {settings.OCIBlock{Auth: "SecurityToken"}, vars{"OCI_CLI_SECURITY_TOKEN_FILE": "/t"}, file, "SecurityToken", "/Users/u/.oci/config:/t", ""},
		"session of variables, no key":    {settings.OCIBlock{Auth: "SecurityToken", Region: "r-1"}, vars{"OCI_CLI_SECURITY_TOKEN_FILE": "/t"}, nil, "SecurityToken", "/t", "oci.private_key: Missing OCI setting"},
		"a workload reads no file":        {settings.OCIBlock{Auth: "InstancePrincipal"}, vars{"OCI_CLI_PROFILE": "X"}, file, "InstancePrincipal", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			config, found := settings.OCI(test.block, environment(test.variables, test.files))
			got := config.SecurityTokenFile
			if config.ConfigFilePath != "" {
				got = config.ConfigFilePath + ":" + config.ConfigFileProfile + got
			}
			if config.Auth != test.auth || got != test.want {
				t.Errorf("got %s with %q, want %s with %q", config.Auth, got, test.auth, test.want)
			}
			if text := problems(found); test.check == "" && text != "" || !strings.Contains(text, test.check) {
				t.Errorf("got problems %q, want %q", text, test.check)
			}
		})
	}
}

// No problem repeats a secret.
func TestPromiseNoLeak_Problems(t *testing.T) {
	const canary = "canary-in-a-setting"
	_, bao := settings.OpenBao(settings.OpenBaoBlock{Token: canary, MaxRetries: "x", Logins: settings.Logins{
		AppRole:    &settings.AppRoleBlock{SecretID: canary, WrappingToken: canary},
		JWT:        &settings.JWTBlock{JWT: canary, JWTFile: "/none"},
		Kubernetes: &settings.KubernetesBlock{Token: canary, TokenFile: "/none"},
	}}, environment(map[string]string{"BAO_TOKEN": canary}, nil))
	for _, logins := range []settings.Logins{
		{AppRole: &settings.AppRoleBlock{SecretID: canary, WrappingToken: canary}},
		{JWT: &settings.JWTBlock{JWT: canary, JWTFile: "/none"}},
		{Kubernetes: &settings.KubernetesBlock{Token: canary, TokenFile: "/none"}},
	} {
		_, alone := settings.OpenBao(settings.OpenBaoBlock{Logins: logins}, environment(nil, nil))
		bao = append(bao, alone...)
	}
	_, oci := settings.OCI(settings.OCIBlock{PrivateKey: canary, PrivateKeyPassword: canary, MaxConcurrency: "x", RetryMaxElapsed: "x"}, environment(nil, nil))
	if text := problems(bao) + problems(oci); text == "" || strings.Contains(text, canary) {
		t.Errorf("got %q", text)
	}
}

func merge(maps ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, variables := range maps {
		for name, value := range variables {
			all[name] = value
		}
	}
	return all
}

func merged(block, limits settings.OCIBlock) settings.OCIBlock {
	block.MaxConcurrency, block.RetryMaxElapsed = limits.MaxConcurrency, limits.RetryMaxElapsed
	return block
}
