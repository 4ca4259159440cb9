package doctest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// Every object has a page with an example of it, and every resource shows how it
// is imported, by ID and by identity. That the examples are valid is tested with
// all other blocks.
func TestReference_IsComplete(t *testing.T) {
	t.Parallel()
	server := providerserver.NewProtocol6(provider.New("test"))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for folder, names := range map[string][]string{
		"resources":           slices.Sorted(maps.Keys(schemas.ResourceSchemas)),
		"data-sources":        slices.Sorted(maps.Keys(schemas.DataSourceSchemas)),
		"ephemeral-resources": slices.Sorted(maps.Keys(schemas.EphemeralResourceSchemas)),
		"list-resources":      slices.Sorted(maps.Keys(schemas.ListResourceSchemas)),
		"actions":             slices.Sorted(maps.Keys(schemas.ActionSchemas)),
		"functions":           slices.Sorted(maps.Keys(schemas.Functions)),
	} {
		for _, name := range names {
			pages++
			page := "docs/" + folder + "/" + strings.TrimPrefix(name, "ocibao_") + ".md"
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(page))); err != nil {
				t.Errorf("%v; write an example and run: make generate", err)
				continue
			}
			text := pageText(t, page)
			if !strings.Contains(text, `"`+name+`"`) && !strings.Contains(text, "::"+name+"(") {
				t.Errorf("%s has no example of %s", page, name)
			}
			if folder == "resources" {
				showsImports(t, page, name, text, identities.IdentitySchemas[name])
			}
		}
	}
	if pages < 15 {
		t.Errorf("only %d pages were looked at", pages)
	}
}

// pageText is the text of all blocks of a page.
func pageText(t *testing.T, page string) string {
	t.Helper()
	var text strings.Builder
	for _, b := range fromFile(t, page) {
		text.WriteString(b.text)
	}
	return text.String()
}

func showsImports(t *testing.T, page, name, text string, identity *tfprotov6.ResourceIdentitySchema) {
	t.Helper()
	if !strings.Contains(text, "terraform import "+name+".") {
		t.Errorf("%s shows no import by ID: write examples/resources/%s/import.sh", page, name)
	}
	_, example, found := strings.Cut(text, "identity = {\n")
	if !found || identity == nil {
		t.Errorf("%s shows no import by identity: write examples/resources/%s/import-by-identity.tf", page, name)
		return
	}
	example, _, _ = strings.Cut(example, "\n  }\n")
	for _, attribute := range identity.IdentityAttributes {
		if attribute.RequiredForImport && !strings.Contains(example, "  "+attribute.Name+" ") {
			t.Errorf("%s: the import by identity lacks %s", page, attribute.Name)
		}
	}
}
