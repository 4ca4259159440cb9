package schemajson_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/schemajson"
)

// server answers with fixed schemas; nothing else is called.
type server struct {
	tfprotov6.ProviderServer
	schemas    tfprotov6.GetProviderSchemaResponse
	identities tfprotov6.GetResourceIdentitySchemasResponse
}

func (s server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &s.schemas, nil
}

func (s server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &s.identities, nil
}

func TestOf(t *testing.T) {
	t.Parallel()
	empty := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}}
	resource := &tfprotov6.Schema{Version: 2, Block: &tfprotov6.SchemaBlock{
		Description:     "A *resource*.",
		DescriptionKind: tfprotov6.StringKindMarkdown,
		Attributes: []*tfprotov6.SchemaAttribute{
			{Name: "names", Type: tftypes.List{ElementType: tftypes.String}, Required: true},
			{Name: "wo", Type: tftypes.String, Optional: true, WriteOnly: true, Sensitive: true},
			{Name: "nested", Computed: true, NestedType: &tfprotov6.SchemaObject{
				Nesting:    tfprotov6.SchemaObjectNestingModeMap,
				Attributes: []*tfprotov6.SchemaAttribute{{Name: "n", Type: tftypes.Number, Computed: true}},
			}},
		},
		BlockTypes: []*tfprotov6.SchemaNestedBlock{{
			TypeName: "rule", Nesting: tfprotov6.SchemaNestedBlockNestingModeSet, MinItems: 1, Block: empty.Block,
		}},
	}}
	document, err := schemajson.Of(t.Context(), "example", server{
		schemas: tfprotov6.GetProviderSchemaResponse{
			Provider:        empty,
			ResourceSchemas: map[string]*tfprotov6.Schema{"example_r": resource},
			ActionSchemas:   map[string]*tfprotov6.ActionSchema{"example_a": {Schema: empty}},
			Functions: map[string]*tfprotov6.Function{"f": {
				Summary:           "Does f.",
				Return:            &tfprotov6.FunctionReturn{Type: tftypes.Bool},
				Parameters:        []*tfprotov6.FunctionParameter{{Name: "p", Type: tftypes.String}},
				VariadicParameter: &tfprotov6.FunctionParameter{Name: "more", Type: tftypes.DynamicPseudoType, AllowNullValue: true},
			}},
		},
		identities: tfprotov6.GetResourceIdentitySchemasResponse{
			IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"example_r": {
				IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{{Name: "id", Type: tftypes.String, RequiredForImport: true}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/example.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("got %s", got)
	}
}

func TestOfFailsOnErrors(t *testing.T) {
	t.Parallel()
	_, err := schemajson.Of(t.Context(), "example", server{schemas: tfprotov6.GetProviderSchemaResponse{
		Diagnostics: []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: "bad", Detail: "schema"}},
	}})
	if err == nil || err.Error() != "bad: schema" {
		t.Errorf("got %v", err)
	}
}
