package ocivault

import (
	"cmp"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/oracle/oci-go-sdk/v65/common"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// credentials serve the SDK's signer from memory: its own providers parse the
// PEM again for every request.
type credentials struct {
	tenancy, user, fingerprint, region string
	key                                *rsa.PrivateKey
	// keyID, when set, is a session token that was obtained a moment ago.
	keyID string
	// tokenFile holds a session token, which something else renews; it is read
	// for every request. Empty for an API key.
	tokenFile string
}

var _ common.ConfigurationProvider = (*credentials)(nil)

// KeyID is what OCI knows the key by.
func (c *credentials) KeyID() (string, error) {
	if c.keyID != "" {
		return c.keyID, nil
	}
	if c.tokenFile == "" {
		return c.tenancy + "/" + c.user + "/" + c.fingerprint, nil
	}
	token, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return "", &ConfigError{Field: "config_file_profile", Err: fmt.Errorf("its security_token_file cannot be read: %w", err)}
	}
	trimmed := strings.TrimSpace(string(token))
	if trimmed == "" {
		return "", &ConfigError{Field: "config_file_profile", Err: fmt.Errorf("its security_token_file %s is empty", c.tokenFile)}
	}
	return "ST$" + trimmed, nil
}

// PrivateRSAKey is the parsed key.
func (c *credentials) PrivateRSAKey() (*rsa.PrivateKey, error) { return c.key, nil }

// TenancyOCID is the tenancy.
func (c *credentials) TenancyOCID() (string, error) { return c.tenancy, nil }

// UserOCID is the user; empty for a session token.
func (c *credentials) UserOCID() (string, error) { return c.user, nil }

// KeyFingerprint is the fingerprint; empty for a session token.
func (c *credentials) KeyFingerprint() (string, error) { return c.fingerprint, nil }

// Region is the region.
func (c *credentials) Region() (string, error) { return c.region, nil }

// AuthType is always a plain key: the SDK looks no further then.
func (c *credentials) AuthType() (common.AuthConfig, error) {
	return common.AuthConfig{AuthType: common.UserPrincipal}, nil
}

// Format keeps the key out of anything printed.
func (c *credentials) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "(OCI credentials)") }

// words are all ways to authenticate.
var words = []string{AuthAPIKey, AuthSecurityToken, AuthInstancePrincipal, AuthResourcePrincipal, AuthOKEWorkloadIdentity}

// checkAuth gives the word in its usual spelling.
func checkAuth(given string) (string, error) {
	given = first(given, AuthAPIKey)
	for _, word := range words {
		if strings.EqualFold(given, word) {
			return word, nil
		}
	}
	return "", &ConfigError{Field: "auth", Err: fmt.Errorf("%q is not known: want one of %s", given, strings.Join(words, ", "))}
}

func apiKey(cfg Config) (*credentials, error) {
	profile, err := readConfigFile(cfg)
	if err != nil {
		return nil, err
	}
	made := &credentials{
		tenancy:     first(cfg.TenancyOCID, profile.Tenancy),
		user:        first(cfg.UserOCID, profile.User),
		fingerprint: first(cfg.Fingerprint, profile.Fingerprint),
	}
	if made.region, err = checkRegion(first(cfg.Region, profile.Region)); err != nil {
		return nil, err
	}
	if err := checkOCID("tenancy_ocid", "tenancy", made.tenancy); err != nil {
		return nil, err
	}
	if err := checkOCID("user_ocid", "user", made.user); err != nil {
		return nil, err
	}
	if made.fingerprint == "" {
		return nil, &ConfigError{Field: "fingerprint", Err: errNotSet}
	}
	if made.key, err = loadKey(cfg, profile); err != nil {
		return nil, err
	}
	made.fingerprint, err = checkFingerprint(made.fingerprint, made.key)
	return made, err
}

func securityToken(cfg Config) (*credentials, error) {
	given := strings.TrimSpace(cfg.SecurityTokenFile)
	if given == "" && strings.TrimSpace(cfg.ConfigFilePath) == "" {
		return nil, &ConfigError{Field: "config_file_path", Err: fmt.Errorf("%w, but auth %s reads its token from there", errNotSet, AuthSecurityToken)}
	}
	profile, err := readConfigFile(cfg)
	if err != nil {
		return nil, err
	}
	// The token belongs to the key of the session and to no other.
	session := cfg
	if given == "" {
		session = Config{HomeDir: cfg.HomeDir, PrivateKeyPassword: cfg.PrivateKeyPassword}
	}
	if profile.SecurityTokenFile = first(given, profile.SecurityTokenFile); profile.SecurityTokenFile == "" {
		return nil, &ConfigError{Field: "config_file_profile", Err: fmt.Errorf("the profile has no security_token_file, which auth %s needs", AuthSecurityToken)}
	}
	made := &credentials{
		tenancy:   first(cfg.TenancyOCID, profile.Tenancy),
		tokenFile: ExpandHome(profile.SecurityTokenFile, home(cfg)),
	}
	if made.region, err = checkRegion(first(cfg.Region, profile.Region)); err != nil {
		return nil, err
	}
	if made.tenancy != "" { // which the token names itself
		if err := checkOCID("tenancy_ocid", "tenancy", made.tenancy); err != nil {
			return nil, err
		}
	}
	if made.key, err = loadKey(session, profile); err != nil {
		return nil, err
	}
	_, err = made.KeyID()
	return made, err
}

// loadKey takes the first key there is: the text, the path, the profile's text, the profile's path.
func loadKey(cfg Config, profile Profile) (*rsa.PrivateKey, error) {
	password := cfg.PrivateKeyPassword
	if password.Len() == 0 {
		password = profile.PassPhrase
	}
	path, field := strings.TrimSpace(cfg.PrivateKeyPath), "private_key_path"
	switch {
	case !blank(cfg.PrivateKey):
		return parsePrivateKey("private_key", cfg.PrivateKey, password)
	case path != "":
	case !blank(profile.KeyContent):
		return parsePrivateKey("config_file_profile", profile.KeyContent, password)
	case profile.KeyFile != "":
		path, field = profile.KeyFile, "config_file_profile"
	default:
		return nil, &ConfigError{Field: "private_key", Err: errNotSet}
	}
	text, err := os.ReadFile(ExpandHome(path, home(cfg)))
	if err != nil {
		return nil, &ConfigError{Field: field, Err: fmt.Errorf("the private key cannot be read: %w", err)}
	}
	return parsePrivateKey(field, migrate.NewSecret(text), password)
}

func readConfigFile(cfg Config) (Profile, error) {
	path := strings.TrimSpace(cfg.ConfigFilePath)
	if path == "" {
		return Profile{}, nil
	}
	path = ExpandHome(path, home(cfg))
	data, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, &ConfigError{Field: "config_file_path", Err: err}
	}
	profile, err := ReadProfile(data, cfg.ConfigFileProfile)
	if err != nil {
		return Profile{}, &ConfigError{Field: "config_file_profile", Err: fmt.Errorf("%s: %w", path, err)}
	}
	return profile, nil
}

var errNotSet = errors.New("not set")

func home(cfg Config) string {
	if cfg.HomeDir != "" {
		return cfg.HomeDir
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "~"
	}
	return dir
}

func blank(s migrate.Secret) bool { return strings.TrimSpace(string(s.Reveal())) == "" }

func first(values ...string) string {
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	return cmp.Or(values...)
}

// checkOCID tells a swapped OCID by its kind. Others than "ocid1." pass: old
// tenancies have other forms.
func checkOCID(field, kind, id string) error {
	switch {
	case id == "":
		return &ConfigError{Field: field, Err: errNotSet}
	case strings.ContainsAny(id, " \t\r\n/"):
		return &ConfigError{Field: field, Err: fmt.Errorf("%q contains white space or a slash, which no OCID has", id)}
	case strings.HasPrefix(id, "ocid1.") && !strings.HasPrefix(id, "ocid1."+kind+"."):
		got, _, _ := strings.Cut(strings.TrimPrefix(id, "ocid1."), ".")
		return &ConfigError{Field: field, Err: fmt.Errorf("%q is the OCID of a %s, not of a %s", id, got, kind)}
	}
	return nil
}
