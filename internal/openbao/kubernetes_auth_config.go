package openbao

import (
	"context"
	"net/http"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// KubernetesConfig is how a Kubernetes auth method reaches its cluster.
type KubernetesConfig struct {
	Namespace string // relative to the client's
	Mount     string // below auth/

	Host   string // URL or host of the Kubernetes API
	CACert string // PEM; empty for the local one of a pod, or the system's
	// PEMKeys are public keys or certificates that sign service account tokens.
	PEMKeys              []string
	Issuer               string
	DisableISSValidation bool
	DisableLocalCAJWT    bool

	// TokenReviewerJWT is sent on each write: the server drops one that is not
	// named. It never comes back.
	TokenReviewerJWT migrate.Secret
	// HasTokenReviewerJWT is read from OpenBao; nil from servers that do not tell.
	HasTokenReviewerJWT *bool
}

func kubernetesConfigPath(mount string) string { return joinPath("auth", mount, "config") }

func (c *Client) kubernetesConfigObject(namespace, mount string) objectKey {
	return objectKey{c.at(namespace), kubernetesConfigPath(mount)}
}

// WriteKubernetesConfig writes the whole configuration (POST auth/<mount>/config);
// what is not named is reset.
func (c *Client) WriteKubernetesConfig(ctx context.Context, config KubernetesConfig) error {
	if err := ValidateMount(config.Mount); err != nil {
		return err
	}
	body := map[string]any{
		"kubernetes_host": config.Host, "kubernetes_ca_cert": config.CACert, "pem_keys": orEmpty(config.PEMKeys), "issuer": config.Issuer,
		"disable_iss_validation": config.DisableISSValidation, "disable_local_ca_jwt": config.DisableLocalCAJWT,
		"token_reviewer_jwt": string(config.TokenReviewerJWT.Reveal()),
	}
	_, err := c.do(ctx, request{
		operation: "Kubernetes auth configuration", method: http.MethodPost, namespace: c.at(config.Namespace),
		path: kubernetesConfigPath(config.Mount), capabilities: []string{"create", "update"},
		body: jsonBody(body), confidential: true, public: append([]string{config.Host, config.CACert, config.Issuer}, config.PEMKeys...),
	})
	if err == nil {
		config.TokenReviewerJWT = migrate.Secret{}
		c.wrote(c.kubernetesConfigObject(config.Namespace, config.Mount), config)
	}
	return err
}

// ReadKubernetesConfig reads the configuration (GET auth/<mount>/config). A mount
// that was never configured is migrate.ErrDestinationNotFound.
func (c *Client) ReadKubernetesConfig(ctx context.Context, namespace, mount string) (KubernetesConfig, error) {
	if err := ValidateMount(mount); err != nil {
		return KubernetesConfig{}, err
	}
	return afterOwnWrite(ctx, c, c.kubernetesConfigObject(namespace, mount), func() (KubernetesConfig, error) {
		return c.readKubernetesConfig(ctx, namespace, mount)
	}, func(got KubernetesConfig, err error, want any) bool {
		config, ok := want.(KubernetesConfig)
		return isGone(err) || err == nil && ok && !got.Same(config)
	})
}

func (c *Client) readKubernetesConfig(ctx context.Context, namespace, mount string) (KubernetesConfig, error) {
	r := request{
		operation: "Kubernetes auth configuration read", method: http.MethodGet, namespace: c.at(namespace),
		path: kubernetesConfigPath(mount), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return KubernetesConfig{}, err
	}
	var data struct {
		Host                 string   `json:"kubernetes_host"`
		CACert               string   `json:"kubernetes_ca_cert"`
		PEMKeys              []string `json:"pem_keys"`
		Issuer               string   `json:"issuer"`
		DisableISSValidation bool     `json:"disable_iss_validation"`
		DisableLocalCAJWT    bool     `json:"disable_local_ca_jwt"`
		HasTokenReviewerJWT  *bool    `json:"token_reviewer_jwt_set"`
	}
	if err := a.decode(r, &data); err != nil {
		return KubernetesConfig{}, err
	}
	return KubernetesConfig{
		Namespace: namespace, Mount: mount, Host: data.Host, CACert: data.CACert, PEMKeys: data.PEMKeys, Issuer: data.Issuer,
		DisableISSValidation: data.DisableISSValidation, DisableLocalCAJWT: data.DisableLocalCAJWT, HasTokenReviewerJWT: data.HasTokenReviewerJWT,
	}, nil
}

// Same reports whether two configurations say the same, but for the token of the
// reviewer. The server trims keys.
func (k KubernetesConfig) Same(other KubernetesConfig) bool {
	return k.Host == other.Host && k.CACert == other.CACert && k.Issuer == other.Issuer &&
		k.DisableISSValidation == other.DisableISSValidation && k.DisableLocalCAJWT == other.DisableLocalCAJWT &&
		sameSet(withoutSpace(k.PEMKeys), withoutSpace(other.PEMKeys))
}

func withoutSpace(texts []string) []string {
	each := make([]string, len(texts))
	for i, text := range texts {
		each[i] = strings.TrimSpace(text)
	}
	return each
}
