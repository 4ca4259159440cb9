package settings

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// OCIBlock is the oci object of the provider block; what is empty was not set
// there.
type OCIBlock struct {
	Auth               string
	Region             string
	TenancyOCID        string
	UserOCID           string
	Fingerprint        string
	PrivateKey         string
	PrivateKeyPath     string
	PrivateKeyPassword string
	ConfigFilePath     string
	ConfigFileProfile  string
	Endpoints          ocivault.Endpoints
	CACertFile         string
	CACertPEM          string
	MaxConcurrency     string // a whole number or empty
	RetryMaxElapsed    string // a duration or empty
}

// oci gives the names under which Oracle's Terraform provider looks up a
// setting, then those of Oracle's command line.
func oci(name string, commandLine ...string) []string {
	names := []string{"TF_VAR_" + name, "OCI_" + strings.ToUpper(name)}
	for _, cli := range commandLine {
		names = append(names, "OCI_CLI_"+cli)
	}
	return names
}

// configFile is where Oracle's tools keep their configuration, below home.
const configFile = "~/.oci/config"

// OCI resolves the settings of the OCI side. With problems the configuration
// is incomplete.
func OCI(block OCIBlock, env Environment) (ocivault.Config, []Problem) {
	r := ociResolver{env: env, block: block}
	config := ocivault.Config{
		Auth:        authWord(r.text("auth", block.Auth, oci("auth", "AUTH")...)),
		Region:      r.text("region", block.Region, oci("region", "REGION")...),
		TenancyOCID: r.text("tenancy_ocid", block.TenancyOCID, oci("tenancy_ocid", "TENANCY")...),
		UserOCID:    r.text("user_ocid", block.UserOCID, oci("user_ocid", "USER")...),
		Fingerprint: r.text("fingerprint", block.Fingerprint, oci("fingerprint", "FINGERPRINT")...),
		Endpoints:   block.Endpoints,
		HomeDir:     env.Home,
		UserAgent:   "terraform-provider-ocibao/" + env.Version,
	}
	config.SecurityTokenFile = env.expand(r.text("security_token_file", "", "OCI_CLI_SECURITY_TOKEN_FILE"))
	config.ServiceAccountTokenPath = r.text("service_account_token", "", "OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH")
	r.key(&config)
	r.limits(&config)
	r.roots(&config)
	r.profile(&config)
	r.missing(config)
	return config, r.problems
}

// authWord turns the words of Oracle's command line into those of Oracle's provider.
func authWord(word string) string {
	switch strings.ToLower(word) {
	case "api_key":
		return ocivault.AuthAPIKey
	case "security_token":
		return ocivault.AuthSecurityToken
	case "instance_principal":
		return ocivault.AuthInstancePrincipal
	case "resource_principal":
		return ocivault.AuthResourcePrincipal
	case "oke_workload_identity":
		return ocivault.AuthOKEWorkloadIdentity
	default:
		return word
	}
}

type ociResolver struct {
	env      Environment
	block    OCIBlock
	found    ocivault.Profile
	problems []Problem
}

func (r *ociResolver) problem(attribute, summary, detail string) {
	r.problems = append(r.problems, Problem{Path: []string{"oci", attribute}, Summary: summary, Detail: detail})
}

func (r *ociResolver) wrong(attribute string, err error) {
	r.problem(attribute, "Invalid OCI setting", "Unable to use "+attribute+" of the provider's oci block: "+err.Error()+".")
}

func (r *ociResolver) text(attribute, block string, variables ...string) string {
	return r.env.first(attribute, block, variables...).text
}

// key takes the key and the path of the same origin: a key in the environment
// does not win over a path in the block.
func (r *ociResolver) key(config *ocivault.Config) {
	config.PrivateKeyPassword = migrate.NewSecret([]byte(r.text("private_key_password", r.block.PrivateKeyPassword, oci("private_key_password", "PASSPHRASE")...)))
	if r.block.PrivateKey != "" || r.block.PrivateKeyPath != "" {
		config.PrivateKey = migrate.NewSecret([]byte(r.block.PrivateKey))
		if r.block.PrivateKey == "" {
			config.PrivateKeyPath = r.block.PrivateKeyPath
		}
		return
	}
	key := r.text("private_key", "", oci("private_key", "KEY_CONTENT")...)
	config.PrivateKey = migrate.NewSecret([]byte(key))
	if key == "" {
		config.PrivateKeyPath = r.text("private_key_path", "", oci("private_key_path", "KEY_FILE")...)
	}
}

func (r *ociResolver) limits(config *ocivault.Config) {
	if r.block.MaxConcurrency != "" {
		n, err := count(value{r.block.MaxConcurrency, "the value"}, 1)
		if err != nil {
			r.wrong("max_concurrency", err)
		}
		config.MaxConcurrency = n
	}
	if r.block.RetryMaxElapsed != "" {
		elapsed, err := time.ParseDuration(r.block.RetryMaxElapsed)
		if err != nil || elapsed < 0 {
			r.wrong("retry_max_elapsed", errors.New(`the value must be a duration such as "2m"`))
		}
		if config.RetryMaxElapsed = elapsed; err == nil && elapsed == 0 {
			config.RetryMaxElapsed = -1
		}
	}
}

func (r *ociResolver) roots(config *ocivault.Config) {
	switch {
	case r.block.CACertPEM != "" && r.block.CACertFile != "":
		r.wrong("ca_cert_pem", errors.New("ca_cert_file is set as well: keep one of the two"))
	case r.block.CACertPEM != "":
		config.CACertPEM = []byte(r.block.CACertPEM)
	case r.block.CACertFile != "":
		content, err := r.env.file(value{r.block.CACertFile, "ca_cert_file"})
		if err != nil {
			r.wrong("ca_cert_file", err)
		}
		config.CACertPEM = content
	}
}

// profile names a configuration file only where one is asked for or stands at
// its usual place, and something is left to be taken from it. A workload's
// identity takes nothing from it.
func (r *ociResolver) profile(config *ocivault.Config) {
	path := r.env.first("config_file_path", r.block.ConfigFilePath, oci("config_file_path", "CONFIG_FILE")...)
	name := r.env.first("config_file_profile", r.block.ConfigFileProfile, oci("config_file_profile", "PROFILE")...)
	asked := path.set() || name.set()
	switch {
	case uses(*config, ocivault.AuthAPIKey):
		if !asked && len(lacking(*config, ocivault.Profile{})) == 0 {
			return
		}
	case uses(*config, ocivault.AuthSecurityToken):
		if !asked && config.SecurityTokenFile != "" && len(lackingForSession(*config, ocivault.Profile{})) == 0 {
			return
		}
	default:
		return
	}
	if !path.set() {
		path = value{configFile, "the default of config_file_path"}
	}
	content, err := r.env.file(path)
	if err != nil {
		if asked {
			r.wrong("config_file_path", err)
		} else if uses(*config, ocivault.AuthSecurityToken) && config.SecurityTokenFile == "" {
			r.wrong("auth", errors.New(ocivault.AuthSecurityToken+" takes its token from a profile of "+configFile+
				", which does not exist; log in with: oci session authenticate"))
		}
		return
	}
	if r.found, err = ocivault.ReadProfile(content, name.text); err != nil {
		if asked || uses(*config, ocivault.AuthSecurityToken) {
			r.wrong("config_file_profile", err)
		}
		return
	}
	config.ConfigFilePath, config.ConfigFileProfile = r.env.expand(path.text), name.text
}

// uses tells whether this is the way to authenticate.
func uses(config ocivault.Config, word string) bool {
	return strings.EqualFold(config.Auth, word) || config.Auth == "" && word == ocivault.AuthAPIKey
}

// setting is one that a way to authenticate needs.
type setting struct {
	attribute string
	variables []string
}

func lacking(config ocivault.Config, profile ocivault.Profile) []setting {
	var missing []setting
	need := func(set bool, attribute string, variables ...string) {
		if !set {
			missing = append(missing, setting{attribute, variables})
		}
	}
	need(config.TenancyOCID != "" || profile.Tenancy != "", "tenancy_ocid", oci("tenancy_ocid", "TENANCY")...)
	need(config.UserOCID != "" || profile.User != "", "user_ocid", oci("user_ocid", "USER")...)
	need(config.Fingerprint != "" || profile.Fingerprint != "", "fingerprint", oci("fingerprint", "FINGERPRINT")...)
	return append(missing, lackingForSession(config, profile)...)
}

// lackingForSession is what a key with a token needs as well.
func lackingForSession(config ocivault.Config, profile ocivault.Profile) []setting {
	var missing []setting
	if config.PrivateKey.Len() == 0 && config.PrivateKeyPath == "" && profile.KeyFile == "" && profile.KeyContent.Len() == 0 {
		missing = append(missing, setting{"private_key", slices.Concat(oci("private_key", "KEY_CONTENT"), oci("private_key_path", "KEY_FILE"))})
	}
	if config.Region == "" && profile.Region == "" {
		missing = append(missing, setting{"region", oci("region", "REGION")})
	}
	return missing
}

func (r *ociResolver) missing(config ocivault.Config) {
	if len(r.problems) > 0 {
		return
	}
	var missing []setting
	switch {
	case uses(config, ocivault.AuthAPIKey):
		missing = lacking(config, r.found)
	case uses(config, ocivault.AuthSecurityToken):
		missing = lackingForSession(config, r.found)
	}
	for _, setting := range missing {
		r.problem(setting.attribute, "Missing OCI setting",
			"No "+setting.attribute+" is set for OCI. Set it in the provider's oci block, or one of the environment variables "+
				strings.Join(setting.variables, ", ")+", or in a profile of "+configFile+".")
	}
}
