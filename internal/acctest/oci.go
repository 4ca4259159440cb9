package acctest

import (
	"context"
	"fmt"
	"os"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// OCI is an emulated Oracle Cloud with one tenancy, user, compartment and vault.
type OCI struct {
	*ociemu.Emulator
	URL           string
	CAPEM         []byte // nil without TLS
	TenancyID     string
	UserID        string
	CompartmentID string
	VaultID       string
	Key           ociemu.APIKey
}

// StartOCI serves an emulator on loopback until the context is done.
func StartOCI(ctx context.Context, useTLS bool, options ...ociemu.Option) (*OCI, error) {
	oci := &OCI{Emulator: ociemu.New(options...)}
	var err error
	if oci.Key, err = ociemu.GenerateAPIKey(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() (err error) { oci.TenancyID, err = oci.AddTenancy("acme"); return },
		func() (err error) { oci.UserID, err = oci.AddUser(oci.TenancyID, "pipeline"); return },
		func() error { _, err := oci.AddAPIKey(oci.UserID, oci.Key.PublicKeyPEM); return err },
		func() (err error) { oci.CompartmentID, err = oci.AddCompartment(oci.TenancyID, "platform"); return },
		func() (err error) { oci.VaultID, err = oci.AddVault(oci.CompartmentID, "main"); return },
		func() (err error) {
			oci.URL, oci.CAPEM, err = ociemu.Serve(ctx, oci.Emulator, "127.0.0.1:0", useTLS)
			return
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return oci, nil
}

// Secret adds a secret to the vault and returns its OCID.
func (o *OCI) Secret(name string, content []byte) (string, error) {
	return o.AddSecret(o.CompartmentID, o.VaultID, name, content)
}

// The three secrets of the guide.
const (
	GuideSecretA = `{ "access_key_id": "AKIA513J2DDRAXCFKXF5", "secret_access_key": "XdqD0BPa8aLFaN+EI8SAYm9U4ZYeXQdMGAIjKD/x" }`
	GuideSecretB = `{ "project_id": "acme-platform-417209", "api_key": "AIzaSyD3v0qL7pXw2RkT9bNc4mHf8sJ1uEo6Yg" }`
	GuideSecretC = `{ "client_id": "7f3c1b52-9d0e-4c8a-b6f1-2e5a8d94c013", "client_secret": "p8Q~x2VnL0sKd7RzWc3MfYh9TbJ4uGaE1oXi.vNq" }`
)

// SeedGuide adds the three secrets of the guide and returns their OCIDs by name.
func (o *OCI) SeedGuide() (map[string]string, error) {
	ids := map[string]string{}
	for name, content := range map[string]string{
		"cloud_provider_a": GuideSecretA, "cloud_provider_b": GuideSecretB, "cloud_provider_c": GuideSecretC,
	} {
		id, err := o.Secret(name, []byte(content))
		if err != nil {
			return nil, err
		}
		ids[name] = id
	}
	return ids, nil
}

// Env are environment variables that configure the provider's OCI side, except
// for the endpoints, which have none.
func (o *OCI) Env() []string {
	return append(o.identity(), "OCI_PRIVATE_KEY="+o.Key.PrivateKeyPEM)
}

// EnvKeyFile is Env with the private key in a file, which it writes.
func (o *OCI) EnvKeyFile(path string) ([]string, error) {
	if err := os.WriteFile(path, []byte(o.Key.PrivateKeyPEM), 0o600); err != nil {
		return nil, err
	}
	return append(o.identity(), "OCI_PRIVATE_KEY_PATH="+path), nil
}

func (o *OCI) identity() []string {
	return []string{
		"OCI_TENANCY_OCID=" + o.TenancyID,
		"OCI_USER_OCID=" + o.UserID,
		"OCI_FINGERPRINT=" + o.Key.Fingerprint,
		"OCI_REGION=eu-frankfurt-1",
	}
}

// ProviderBlock is a provider block that points at both servers; credentials
// come from the environment.
func ProviderBlock(oci *OCI, address, caCertFile string) string {
	return providerBlock(oci, fmt.Sprintf("%q", address), caCertFile)
}

func providerBlock(oci *OCI, address, caCertFile string) string {
	return fmt.Sprintf(`
terraform {
  required_providers {
    ocibao = { source = "ocibao/ocibao" }
  }
}

provider "ocibao" {
  openbao = {
    address      = %s
    ca_cert_file = %s
  }
%s}
`, address, orNull(caCertFile), ociAttribute(oci))
}

// ProviderOverride is an override file (*_override.tf) that lets the provider block
// of somebody else's configuration work with the emulator.
func ProviderOverride(oci *OCI) string {
	return "provider \"ocibao\" {\n" + ociAttribute(oci) + "}\n"
}

func ociAttribute(oci *OCI) string {
	return fmt.Sprintf(`  oci = {
    endpoints   = { secrets = %[1]q, vaults = %[1]q, identity = %[1]q, kms = %[1]q }
    ca_cert_pem = %[2]s
  }
`, oci.URL, heredoc(string(oci.CAPEM)))
}

func orNull(text string) string {
	if text == "" {
		return "null"
	}
	return fmt.Sprintf("%q", text)
}

func heredoc(text string) string {
	if text == "" {
		return "null"
	}
	return "<<-PEM\n" + text + "\nPEM\n"
}
