package doctest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// checkImports asks the provider for each import that a block showed whether it
// understands the ID. That there is nothing to import here is no matter.
func (s *session) checkImports() {
	s.Helper()
	noted, err := os.ReadFile(s.imports)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		s.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(noted)), "\n") {
		address, id, _ := strings.Cut(line, " ")
		if problem := s.refuses(address, id); problem != "" {
			s.Errorf("%s: %s", line, problem)
		}
	}
}

// refuses says why the provider does not understand an import; "" when it does.
func (s *session) refuses(address, id string) string {
	s.Helper()
	name, _, _ := strings.Cut(address, ".")
	response, err := s.configured().ImportResourceState(s.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
	if err != nil {
		s.Fatal(err)
	}
	for _, diagnostic := range response.Diagnostics {
		if strings.Contains(diagnostic.Summary, "import ID") || strings.Contains(diagnostic.Summary, "Resource Type") {
			return diagnostic.Summary + ": " + diagnostic.Detail
		}
	}
	return ""
}

func TestImports_RefusesWhatItShould(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for address, id := range map[string]string{
		"ocibao_kv_mount.a": "/a/", "ocibao_nothing.a": "a", "ocibao_approle.a": "a", "ocibao_migrated_secret.a": "a",
	} {
		if s.refuses(address, id) == "" {
			t.Errorf("%s takes the ID %q", address, id)
		}
	}
}

// configured is the provider with the servers of the session.
func (s *session) configured() tfprotov6.ProviderServer {
	s.Helper()
	server := providerserver.NewProtocol6(provider.New("test"))()
	schemas, err := server.GetProviderSchema(s.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		s.Fatal(err)
	}
	settings := schemas.Provider.ValueType()
	bao, oci := attribute(settings, "openbao"), attribute(settings, "oci")
	endpoints := map[string]tftypes.Value{}
	for name := range attribute(oci, "endpoints").(tftypes.Object).AttributeTypes {
		endpoints[name] = tftypes.NewValue(tftypes.String, s.OCI.URL)
	}
	given := map[string]string{}
	for _, variable := range s.OCI.Env() {
		name, value, _ := strings.Cut(variable, "=")
		given[strings.ToLower(strings.TrimPrefix(name, "OCI_"))] = value
	}
	ociValues := map[string]tftypes.Value{"endpoints": tftypes.NewValue(attribute(oci, "endpoints"), endpoints)}
	for name, value := range given {
		ociValues[name] = tftypes.NewValue(tftypes.String, value)
	}
	config, err := tfprotov6.NewDynamicValue(settings, object(settings, map[string]tftypes.Value{
		"openbao": object(bao, map[string]tftypes.Value{
			"address": tftypes.NewValue(tftypes.String, s.Proxy.URL), "token": tftypes.NewValue(tftypes.String, "root"),
		}),
		"oci": object(oci, ociValues),
	}))
	if err != nil {
		s.Fatal(err)
	}
	response, err := server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(response.Diagnostics) > 0 {
		s.Fatalf("%v %v", err, response)
	}
	return server
}

func attribute(of tftypes.Type, name string) tftypes.Type {
	return of.(tftypes.Object).AttributeTypes[name]
}

// object is one with these attributes, the others null.
func object(of tftypes.Type, values map[string]tftypes.Value) tftypes.Value {
	for name, each := range of.(tftypes.Object).AttributeTypes {
		if _, given := values[name]; !given {
			values[name] = tftypes.NewValue(each, nil)
		}
	}
	return tftypes.NewValue(of, values)
}
