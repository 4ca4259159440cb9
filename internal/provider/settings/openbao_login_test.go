package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/settings"
)

// shown is a login with its secrets.
func shown(login openbao.Login) string {
	switch l := login.(type) {
	case openbao.AppRoleLogin:
		return fmt.Sprintf("approle %s %s %s %s %s", l.MountPath, l.Namespace, l.RoleID, l.SecretID.Reveal(), l.WrappingToken.Reveal())
	case openbao.JWTLogin:
		return fmt.Sprintf("jwt %s %s %s %s %s", l.MountPath, l.Namespace, l.Role, l.JWT.Reveal(), l.JWTFile)
	case openbao.KubernetesLogin:
		return fmt.Sprintf("kubernetes %s %s %s %s %s", l.MountPath, l.Namespace, l.Role, l.Token.Reveal(), l.TokenFile)
	case openbao.CertLogin:
		return fmt.Sprintf("cert %s %s %s", l.MountPath, l.Namespace, l.Name)
	case openbao.TokenFile:
		return "token_file " + l.Path
	case nil:
		return ""
	}
	return fmt.Sprintf("%T", login)
}

// Whatever the environment holds, the way to log in that the block names wins.
func TestOpenBao_Logins(t *testing.T) {
	type vars = map[string]string
	const podFile = openbao.DefaultServiceAccountTokenFile
	pod := vars{podFile: "pod.j.wt"}
	pair := vars{"/c.pem": "CERT", "/k.pem": "KEY"}
	for name, test := range map[string]struct {
		logins    settings.Logins
		variables vars
		files     vars
		want      string
		check     string // text that a problem must have; none expected when empty
	}{
		"approle": {
			settings.Logins{AppRole: &settings.AppRoleBlock{Mount: "m", Namespace: "n", RoleID: "r", SecretID: "s"}}, nil, nil, "approle m n r s ", "",
		},
		"approle, wrapped":        {settings.Logins{AppRole: &settings.AppRoleBlock{RoleID: "r", WrappingToken: "w"}}, nil, nil, "approle   r  w", ""},
		"approle without a role":  {settings.Logins{AppRole: &settings.AppRoleBlock{SecretID: "s"}}, nil, nil, "approle    s ", "openbao.auth_approle.role_id"},
		"approle with both":       {settings.Logins{AppRole: &settings.AppRoleBlock{RoleID: "r", SecretID: "s", WrappingToken: "w"}}, nil, nil, "approle   r s w", "openbao.auth_approle.wrapping_token: Conflicting OpenBao settings: Both secret_id and wrapping_token"},
		"jwt":                     {settings.Logins{JWT: &settings.JWTBlock{Mount: "m", Namespace: "n", Role: "r", JWT: "j"}}, nil, nil, "jwt m n r j ", ""},
		"jwt of a file":           {settings.Logins{JWT: &settings.JWTBlock{Role: "r", JWTFile: "~/jwt"}}, nil, vars{"/Users/u/jwt": "j\n"}, "jwt   r  /Users/u/jwt", ""},
		"jwt of the environment":  {settings.Logins{JWT: &settings.JWTBlock{Role: "r"}}, vars{"TERRAFORM_VAULT_AUTH_JWT": "e\n"}, nil, "jwt   r e ", ""},
		"jwt of the block wins":   {settings.Logins{JWT: &settings.JWTBlock{JWT: "j"}}, vars{"TERRAFORM_VAULT_AUTH_JWT": "e"}, nil, "jwt    j ", ""},
		"jwt of a file wins":      {settings.Logins{JWT: &settings.JWTBlock{JWTFile: "/j"}}, vars{"TERRAFORM_VAULT_AUTH_JWT": "e"}, vars{"/j": "j"}, "jwt     /j", ""},
		"jwt with both":           {settings.Logins{JWT: &settings.JWTBlock{JWT: "j", JWTFile: "/j"}}, nil, vars{"/j": "j"}, "jwt     /j", "openbao.auth_jwt.jwt_file: Conflicting OpenBao settings"},
		"jwt nowhere":             {settings.Logins{JWT: &settings.JWTBlock{Role: "r"}}, nil, nil, "jwt   r  ", "openbao.auth_jwt.jwt: Missing JSON Web Token: auth_jwt needs the JSON Web Token of the pipeline: set jwt or jwt_file, or the environment variable TERRAFORM_VAULT_AUTH_JWT"},
		"jwt of a missing file":   {settings.Logins{JWT: &settings.JWTBlock{JWTFile: "/j"}}, nil, nil, "jwt     /j", "openbao.auth_jwt.jwt_file: Invalid OpenBao setting: Unable to use auth_jwt.jwt_file of the provider's openbao block: the file /j named by auth_jwt.jwt_file cannot be read: file does not exist."},
		"jwt of an empty file":    {settings.Logins{JWT: &settings.JWTBlock{JWTFile: "/j"}}, nil, vars{"/j": "\n"}, "jwt     /j", "the file /j is empty"},
		"kubernetes in a pod":     {settings.Logins{Kubernetes: &settings.KubernetesBlock{Role: "r"}}, nil, pod, "kubernetes   r  " + podFile, ""},
		"kubernetes elsewhere":    {settings.Logins{Kubernetes: &settings.KubernetesBlock{Role: "r"}}, nil, nil, "kubernetes   r  " + podFile, "it is the default, which is there in a pod only: elsewhere set token or token_file"},
		"kubernetes with a file":  {settings.Logins{Kubernetes: &settings.KubernetesBlock{Mount: "m", Namespace: "n", Role: "r", TokenFile: "/t"}}, nil, vars{"/t": "t"}, "kubernetes m n r  /t", ""},
		"kubernetes with a token": {settings.Logins{Kubernetes: &settings.KubernetesBlock{Role: "r", Token: "t"}}, nil, nil, "kubernetes   r t ", ""},
		"kubernetes with both":    {settings.Logins{Kubernetes: &settings.KubernetesBlock{Role: "r", Token: "t", TokenFile: "/t"}}, nil, vars{"/t": "t"}, "kubernetes   r t /t", "openbao.auth_kubernetes.token_file: Conflicting OpenBao settings"},
		"kubernetes, no role":     {settings.Logins{Kubernetes: &settings.KubernetesBlock{Token: "t"}}, nil, nil, "kubernetes    t ", "openbao.auth_kubernetes.role: Missing Kubernetes role"},
		"cert":                    {settings.Logins{Cert: &settings.CertBlock{Mount: "m", Namespace: "n", Name: "c"}}, vars{"BAO_CLIENT_CERT": "/c.pem", "VAULT_CLIENT_KEY": "/k.pem"}, pair, "cert m n c", ""},
		"cert without a pair":     {settings.Logins{Cert: &settings.CertBlock{}}, nil, nil, "cert   ", "openbao.client_cert_file: Missing client certificate"},
		"cert without a key":      {settings.Logins{Cert: &settings.CertBlock{}}, vars{"BAO_CLIENT_CERT": "/c.pem"}, pair, "cert   ", "openbao.client_key_file: Missing client key"},
		"token file":              {settings.Logins{TokenFile: &settings.TokenFileBlock{Path: "~/sink"}}, nil, vars{"/Users/u/sink": "t\n"}, "token_file /Users/u/sink", ""},
		"token file, no path":     {settings.Logins{TokenFile: &settings.TokenFileBlock{}}, nil, nil, "", "openbao.auth_token_file.path: Missing token file"},
		"token file, missing":     {settings.Logins{TokenFile: &settings.TokenFileBlock{Path: "/sink"}}, nil, nil, "token_file /sink", "the file /sink named by auth_token_file.path cannot be read"},
		"two ways": {
			settings.Logins{JWT: &settings.JWTBlock{JWT: "j"}, Kubernetes: &settings.KubernetesBlock{Role: "r", Token: "t"}}, nil, nil, "",
			"openbao.auth_kubernetes: Conflicting OpenBao logins: Both auth_jwt and auth_kubernetes are set",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, shell := range []vars{nil, {"BAO_TOKEN": "t-bao", "VAULT_TOKEN": "t-vault", "BAO_TOKEN_PATH": "/run/token"}} {
				config, found := settings.OpenBao(settings.OpenBaoBlock{Address: "https://block", Logins: test.logins},
					environment(merge(test.variables, shell), merge(test.files, vars{"/Users/u/.vault-token": "t-file", "/run/token": "t-run"})))
				if got := shown(config.Login); got != test.want || config.Token.Len() > 0 {
					t.Errorf("got %q and token %q, want %q", got, config.Token.Reveal(), test.want)
				}
				if text := problems(found); test.check == "" && text != "" || !strings.Contains(text, test.check) {
					t.Errorf("got problems %q, want %q", text, test.check)
				}
			}
		})
	}
}

// A token in the block and any other way exclude each other.
func TestOpenBao_TokenAndLogin(t *testing.T) {
	for attribute, logins := range map[string]settings.Logins{
		"auth_approle":    {AppRole: &settings.AppRoleBlock{RoleID: "r"}},
		"auth_jwt":        {JWT: &settings.JWTBlock{JWT: "j"}},
		"auth_kubernetes": {Kubernetes: &settings.KubernetesBlock{Role: "r", Token: "t"}},
		"auth_cert":       {Cert: &settings.CertBlock{}},
		"auth_token_file": {TokenFile: &settings.TokenFileBlock{Path: "/t"}},
	} {
		config, found := settings.OpenBao(settings.OpenBaoBlock{Address: "https://block", Token: "t", Logins: logins}, environment(nil, nil))
		want := "openbao." + attribute + ": Conflicting OpenBao logins: Both token and " + attribute + " are set in the provider's openbao block. Keep one of the two.\n"
		if got := problems(found); got != want || config.Login != nil || config.Token.Len() > 0 {
			t.Errorf("got %q and %v, want %q", got, config, want)
		}
	}
}
