package provider_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

func schemas(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	server, err := provider.NewServer(provider.New("test"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range response.Diagnostics {
		t.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	return response
}

func TestSchema_EveryAttributeIsDescribed(t *testing.T) {
	response := schemas(t)
	checked := 0
	check := func(name string, schema *tfprotov6.Schema) {
		if schema.Block.Description == "" && name != "provider" {
			t.Errorf("%s has no description", name)
		}
		checked += describe(t, name, schema.Block.Attributes)
		if len(schema.Block.BlockTypes) > 0 {
			t.Errorf("%s has blocks: attributes are checked, blocks are not", name)
		}
	}
	check("provider", response.Provider)
	for name, schema := range response.ResourceSchemas {
		check(name, schema)
	}
	for name, schema := range response.DataSourceSchemas {
		check("data "+name, schema)
	}
	for name, schema := range response.EphemeralResourceSchemas {
		check("ephemeral "+name, schema)
	}
	for name, schema := range response.ActionSchemas {
		check("action "+name, schema.Schema)
	}
	for name, schema := range response.ListResourceSchemas {
		check("list "+name, schema)
	}
	if checked < 150 {
		t.Errorf("only %d attributes were checked", checked)
	}
}

func describe(t *testing.T, name string, attributes []*tfprotov6.SchemaAttribute) int {
	t.Helper()
	checked := 0
	for _, attribute := range attributes {
		checked++
		at := name + "." + attribute.Name
		switch {
		case len(attribute.Description) < 10 || attribute.DescriptionKind != tfprotov6.StringKindMarkdown:
			t.Errorf("%s has no Markdown description", at)
		case !strings.HasSuffix(strings.TrimSpace(attribute.Description), "."):
			t.Errorf("%s: the description is no sentence: %q", at, attribute.Description)
		}
		if attribute.NestedType != nil {
			checked += describe(t, at, attribute.NestedType.Attributes)
		}
	}
	return checked
}

// The registry is told the protocol that the server speaks.
func TestManifest(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "terraform-registry-manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Version  int
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		}
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Version != 1 || len(manifest.Metadata.ProtocolVersions) != 1 || manifest.Metadata.ProtocolVersions[0] != "6.0" {
		t.Errorf("got %+v", manifest)
	}
	served, err := provider.NewServer(provider.New("test"))
	if err != nil {
		t.Fatal(err)
	}
	var _ tfprotov6.ProviderServer = served // protocol 6, by its type
}
