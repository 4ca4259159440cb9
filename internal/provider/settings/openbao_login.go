package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// Logins are the objects of the openbao block that say how to log in; nil was not
// written there.
type Logins struct {
	AppRole    *AppRoleBlock
	JWT        *JWTBlock
	Kubernetes *KubernetesBlock
	Cert       *CertBlock
	TokenFile  *TokenFileBlock
}

// AppRoleBlock is the auth_approle object.
type AppRoleBlock struct {
	Mount         string
	Namespace     string
	RoleID        string
	SecretID      string
	WrappingToken string
}

// JWTBlock is the auth_jwt object.
type JWTBlock struct {
	Mount     string
	Namespace string
	Role      string
	JWT       string
	JWTFile   string
}

// KubernetesBlock is the auth_kubernetes object.
type KubernetesBlock struct {
	Mount     string
	Namespace string
	Role      string
	Token     string
	TokenFile string
}

// CertBlock is the auth_cert object.
type CertBlock struct {
	Mount     string
	Namespace string
	Name      string
}

// TokenFileBlock is the auth_token_file object.
type TokenFileBlock struct {
	Path string
}

// jwtVariable is where the vault provider looks for the token of its auth_login_jwt.
const jwtVariable = "TERRAFORM_VAULT_AUTH_JWT"

// tokenFile is where the command line of OpenBao keeps its token, below home.
const tokenFile = ".vault-token"

// login takes the one way that the block names. Only without one it takes the token
// of the environment, then that of the command line's file: a way to log in that was
// written down is never replaced by what a shell happens to hold.
func (r *baoResolver) login(config *openbao.Config) {
	ways := []struct {
		attribute string
		written   bool
		take      func(*openbao.Config)
	}{
		{"token", r.block.Token != "", r.token},
		{"auth_token_file", r.block.TokenFile != nil, r.tokenFile},
		{"auth_approle", r.block.AppRole != nil, r.appRole},
		{"auth_jwt", r.block.JWT != nil, r.jwt},
		{"auth_kubernetes", r.block.Kubernetes != nil, r.kubernetes},
		{"auth_cert", r.block.Cert != nil, r.cert},
	}
	first, take := "", r.environmentToken
	for _, way := range ways {
		switch {
		case !way.written:
		case first == "":
			first, take = way.attribute, way.take
		default:
			r.problem(way.attribute, "Conflicting OpenBao logins", "Both "+first+" and "+way.attribute+" are set in the provider's openbao block. Keep one of the two.")
			take = func(*openbao.Config) {}
		}
	}
	take(config)
}

func (r *baoResolver) token(config *openbao.Config) {
	config.Token = migrate.NewSecret([]byte(strings.TrimSpace(r.block.Token)))
}

func (r *baoResolver) environmentToken(config *openbao.Config) {
	if v := r.env.first("", "", bao("TOKEN")...); v.set() {
		config.Token = migrate.NewSecret([]byte(v.text))
		return
	}
	path := r.env.first("", "", bao("TOKEN_PATH")...)
	if !path.set() && r.env.Home != "" {
		path = value{"~/" + tokenFile, "the command line's default"}
	}
	if path.set() {
		if content, err := r.env.file(path); err == nil && len(strings.TrimSpace(string(content))) > 0 {
			config.Token = migrate.NewSecret([]byte(strings.TrimSpace(string(content))))
			return
		}
	}
	r.problem("token", "Missing OpenBao token", fmt.Sprintf(
		"There is no way to log in to OpenBao. Set token, auth_token_file, auth_approle, auth_jwt, auth_kubernetes or auth_cert in the provider's openbao block, "+
			"or the environment variable BAO_TOKEN (VAULT_TOKEN works too), or log in with `bao login`, which leaves a token in ~/%s.", tokenFile))
	r.problems[len(r.problems)-1].Login = true
}

func (r *baoResolver) tokenFile(config *openbao.Config) {
	if r.block.TokenFile.Path == "" {
		r.problem("auth_token_file.path", "Missing token file", "auth_token_file needs path, the file with the token.")
		return
	}
	config.Login = openbao.TokenFile{Path: r.credentialFile("auth_token_file.path", r.block.TokenFile.Path, "")}
}

// credentialFile checks a file that each login will read again, and gives its path.
func (r *baoResolver) credentialFile(attribute, path, hint string) string {
	content, err := r.env.file(value{path, attribute})
	if err == nil && strings.TrimSpace(string(content)) == "" {
		err = errors.New("the file " + path + " is empty")
	}
	if err != nil {
		r.wrong(attribute, errors.New(err.Error()+hint))
	}
	return r.env.expand(path)
}

func (r *baoResolver) appRole(config *openbao.Config) {
	block := r.block.AppRole
	if strings.TrimSpace(block.RoleID) == "" {
		r.problem("auth_approle.role_id", "Missing AppRole role ID", "auth_approle needs role_id, as the role_id attribute of ocibao_approle gives it.")
	}
	r.oneOf("auth_approle", "secret_id", block.SecretID, "wrapping_token", block.WrappingToken)
	config.Login = openbao.AppRoleLogin{
		MountPath: block.Mount, Namespace: block.Namespace, RoleID: block.RoleID,
		SecretID: migrate.NewSecret([]byte(block.SecretID)), WrappingToken: migrate.NewSecret([]byte(block.WrappingToken)),
	}
}

// oneOf complains of two arguments of which only one may be set.
func (r *baoResolver) oneOf(block, first, one, second, other string) {
	if one != "" && other != "" {
		r.problem(block+"."+second, "Conflicting OpenBao settings", "Both "+first+" and "+second+" are set in "+block+" of the provider's openbao block. Keep one of the two.")
	}
}

func (r *baoResolver) jwt(config *openbao.Config) {
	block := r.block.JWT
	login := openbao.JWTLogin{MountPath: block.Mount, Namespace: block.Namespace, Role: block.Role}
	r.oneOf("auth_jwt", "jwt", block.JWT, "jwt_file", block.JWTFile)
	if block.JWTFile != "" {
		login.JWTFile = r.credentialFile("auth_jwt.jwt_file", block.JWTFile, "")
	} else {
		v := r.env.first("auth_jwt.jwt", block.JWT, jwtVariable)
		if strings.TrimSpace(v.text) == "" {
			r.problem("auth_jwt.jwt", "Missing JSON Web Token",
				"auth_jwt needs the JSON Web Token of the pipeline: set jwt or jwt_file, or the environment variable "+jwtVariable+".")
		}
		login.JWT = migrate.NewSecret([]byte(v.text))
	}
	config.Login = login
}

func (r *baoResolver) kubernetes(config *openbao.Config) {
	block := r.block.Kubernetes
	if strings.TrimSpace(block.Role) == "" {
		r.problem("auth_kubernetes.role", "Missing Kubernetes role", "auth_kubernetes needs role, the name of a role of the auth mount.")
	}
	r.oneOf("auth_kubernetes", "token", block.Token, "token_file", block.TokenFile)
	login := openbao.KubernetesLogin{MountPath: block.Mount, Namespace: block.Namespace, Role: block.Role, Token: migrate.NewSecret([]byte(block.Token))}
	switch {
	case block.TokenFile != "":
		login.TokenFile = r.credentialFile("auth_kubernetes.token_file", block.TokenFile, "")
	case block.Token == "":
		login.TokenFile = r.credentialFile("auth_kubernetes.token_file", openbao.DefaultServiceAccountTokenFile,
			"; it is the default, which is there in a pod only: elsewhere set token or token_file")
	}
	config.Login = login
}

func (r *baoResolver) cert(config *openbao.Config) {
	if len(config.ClientCertPEM) == 0 {
		r.problem("client_cert_file", "Missing client certificate", "auth_cert logs in with the client certificate: set client_cert_file, or the environment variable BAO_CLIENT_CERT (VAULT_CLIENT_CERT works too).")
	}
	if config.ClientKeyPEM.Len() == 0 {
		r.problem("client_key_file", "Missing client key", "auth_cert logs in with the client certificate and its key: set client_key_file, or the environment variable BAO_CLIENT_KEY (VAULT_CLIENT_KEY works too).")
	}
	config.Login = openbao.CertLogin{MountPath: r.block.Cert.Mount, Namespace: r.block.Cert.Namespace, Name: r.block.Cert.Name}
}
