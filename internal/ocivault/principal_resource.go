package ocivault

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/common/auth"
)

// OCI hands a resource its identity in environment variables, and the SDK reads
// them itself. What is missing is found here before anything is asked.

// resourcePrincipal is the identity of a function, a job or another resource.
func resourcePrincipal(cfg Config) (*principal, string, error) {
	needed := []string{auth.ResourcePrincipalVersionEnvVar}
	version := os.Getenv(auth.ResourcePrincipalVersionEnvVar)
	given := first(cfg.Region, os.Getenv(auth.ResourcePrincipalRegionEnvVar))
	if version == auth.ResourcePrincipalVersion2_2 {
		needed = append(needed, auth.ResourcePrincipalRPSTEnvVar, auth.ResourcePrincipalPrivatePEMEnvVar)
	}
	if given == "" {
		needed = append(needed, auth.ResourcePrincipalRegionEnvVar)
	}
	if err := needVariables(AuthResourcePrincipal, "an OCI resource such as a function", needed); err != nil {
		return nil, "", err
	}
	switch version {
	case auth.ResourcePrincipalVersion1_1, auth.ResourcePrincipalVersion2_2, auth.ResourcePrincipalVersion3_0:
	default:
		return nil, "", &ConfigError{Field: "auth", Err: fmt.Errorf("%s must be 1.1, 2.2 or 3.0", auth.ResourcePrincipalVersionEnvVar)}
	}
	region, err := checkRegion(given)
	if err != nil {
		return nil, "", err
	}
	build := func(context.Context) (common.ConfigurationProvider, error) {
		if version == auth.ResourcePrincipalVersion3_0 {
			return auth.ResourcePrincipalConfigurationProvider()
		}
		return auth.ResourcePrincipalConfigurationProviderForRegion(common.Region(region))
	}
	return &principal{auth: AuthResourcePrincipal, build: build}, region, nil
}

// okeWorkloadIdentity is the identity of a pod in an OKE cluster.
func okeWorkloadIdentity(cfg Config) (*principal, string, error) {
	err := needVariables(AuthOKEWorkloadIdentity, "a pod of an enhanced OKE cluster", []string{
		auth.ResourcePrincipalVersionEnvVar, auth.ResourcePrincipalRegionEnvVar, auth.KubernetesServiceHostEnvVar,
	})
	if err != nil {
		return nil, "", err
	}
	switch os.Getenv(auth.ResourcePrincipalVersionEnvVar) {
	case auth.ResourcePrincipalVersion1_1, auth.ResourcePrincipalVersion2_2:
	default:
		return nil, "", &ConfigError{Field: "auth", Err: fmt.Errorf("%s must be 1.1 or 2.2 with %s", auth.ResourcePrincipalVersionEnvVar, AuthOKEWorkloadIdentity)}
	}
	region, err := checkRegion(first(cfg.Region, os.Getenv(auth.ResourcePrincipalRegionEnvVar)))
	if err != nil {
		return nil, "", err
	}
	tokens := auth.NewDefaultServiceAccountTokenProvider()
	if path := strings.TrimSpace(cfg.ServiceAccountTokenPath); path != "" {
		tokens = tokens.WithSaTokenPath(ExpandHome(path, home(cfg)))
	}
	build := func(context.Context) (common.ConfigurationProvider, error) {
		return auth.OkeWorkloadIdentityConfigurationProviderWithServiceAccountTokenProvider(tokens)
	}
	return &principal{auth: AuthOKEWorkloadIdentity, build: build}, region, nil
}

func needVariables(word, where string, names []string) error {
	var missing []string
	for _, name := range names {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &ConfigError{Field: "auth", Err: fmt.Errorf("%s works in %s only: not set is the environment variable %s", word, where, strings.Join(missing, ", "))}
}
