package settings

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// OpenBaoBlock is the openbao object of the provider block; what is empty was
// not set there.
type OpenBaoBlock struct {
	Address        string
	Namespace      string
	Token          string
	CACertFile     string
	CACertPEM      string
	ClientCertFile string
	ClientKeyFile  string
	TLSServerName  string
	SkipTLSVerify  string // "true", "false" or empty
	MaxRetries     string // a whole number or empty
	Headers        map[string]string
	Logins
}

// bao gives the names under which a setting is looked up in the environment:
// OpenBao's own first, then the one that came with the fork.
func bao(name string) []string { return []string{"BAO_" + name, "VAULT_" + name} }

// OpenBao resolves the settings of the OpenBao side. With problems the
// configuration is incomplete.
func OpenBao(block OpenBaoBlock, env Environment) (openbao.Config, []Problem) {
	r := baoResolver{env: env, block: block}
	config := openbao.Config{Headers: block.Headers, UserAgent: "terraform-provider-ocibao/" + env.Version}
	config.Address = r.text("address", block.Address, "ADDR")
	if config.Address == "" {
		r.problem("address", "Missing OpenBao address",
			"No address of an OpenBao server is set. Set address in the provider's openbao block, or the environment variable BAO_ADDR (VAULT_ADDR works too), to a URL such as https://bao.example.com:8200.")
	}
	config.Namespace = r.text("namespace", block.Namespace, "NAMESPACE")
	config.TLSServerName = r.text("tls_server_name", block.TLSServerName, "TLS_SERVER_NAME")
	r.proxy(&config)
	r.retries(&config)
	r.tls(&config)
	r.login(&config)
	return config, r.problems
}

type baoResolver struct {
	env      Environment
	block    OpenBaoBlock
	problems []Problem
}

func (r *baoResolver) problem(attribute, summary, detail string) {
	r.problems = append(r.problems, Problem{Path: append([]string{"openbao"}, strings.Split(attribute, ".")...), Summary: summary, Detail: detail})
}

func (r *baoResolver) wrong(attribute string, err error) {
	r.problem(attribute, "Invalid OpenBao setting", "Unable to use "+attribute+" of the provider's openbao block: "+err.Error()+".")
}

func (r *baoResolver) text(attribute, block, variable string) string {
	return r.env.first(attribute, block, bao(variable)...).text
}

// proxy is told by the environment only, as it is to the command line.
func (r *baoResolver) proxy(config *openbao.Config) {
	v := r.env.first("", "", slices.Concat(bao("PROXY_ADDR"), bao("HTTP_PROXY"))...)
	if !v.set() {
		return
	}
	proxy, err := url.Parse(v.text)
	if err != nil || proxy.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) {
		// The cause repeats the URL, which may hold a password.
		r.problems = append(r.problems, Problem{Path: []string{"openbao"}, Summary: "Invalid OpenBao setting",
			Detail: "Unable to use the proxy in " + v.from + ": it is no URL such as http://proxy.example.com:3128."})
		return
	}
	config.Proxy = proxy
}

func (r *baoResolver) retries(config *openbao.Config) {
	v := r.env.first("max_retries", r.block.MaxRetries, bao("MAX_RETRIES")...)
	if !v.set() {
		return
	}
	n, err := count(v, 0)
	if err != nil {
		r.wrong("max_retries", err)
		return
	}
	config.MaxRetries = &n
}

func (r *baoResolver) tls(config *openbao.Config) {
	if skip, err := boolean(r.env.first("skip_tls_verify", r.block.SkipTLSVerify, bao("SKIP_VERIFY")...)); err != nil {
		r.wrong("skip_tls_verify", err)
	} else {
		config.SkipTLSVerify = skip
	}
	switch {
	case r.block.CACertPEM != "" && r.block.CACertFile != "":
		r.wrong("ca_cert_pem", errors.New("ca_cert_file is set as well: keep one of the two"))
	case r.block.CACertPEM != "":
		config.CACertPEM = []byte(r.block.CACertPEM)
	default:
		config.CACertPEM = r.file("ca_cert_file", r.block.CACertFile, "CACERT")
	}
	config.ClientCertPEM = r.file("client_cert_file", r.block.ClientCertFile, "CLIENT_CERT")
	config.ClientKeyPEM = migrate.NewSecret(r.file("client_key_file", r.block.ClientKeyFile, "CLIENT_KEY"))
}

func (r *baoResolver) file(attribute, block, variable string) []byte {
	v := r.env.first(attribute, block, bao(variable)...)
	if !v.set() {
		return nil
	}
	content, err := r.env.file(v)
	if err != nil {
		r.wrong(attribute, err)
	}
	return content
}
