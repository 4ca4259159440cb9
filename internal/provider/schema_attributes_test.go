package provider_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// attribute is an attribute of any object, however deep it is nested.
type attribute struct {
	kind     string // resource, data, ephemeral, list, action, function, identity or provider
	object   string // "" of the provider block
	path     string // of a nested one with dots
	about    string // description
	text     bool   // whether it can hold text
	number   bool
	required bool
	optional bool
	computed bool

	sensitive, writeOnly bool
	siblings             map[string]*attribute
}

func (a *attribute) name() string { return a.path[strings.LastIndex(a.path, ".")+1:] }

func (a *attribute) given() bool { return a.required || a.optional }

// String is how the walk names an attribute: "data ocibao_secret.rules.rule_type".
func (a *attribute) String() string {
	return strings.TrimPrefix(strings.Trim(a.kind+" "+a.object, " ")+"."+a.path, "function.")
}

// everyAttribute walks all that the provider tells the engine about: the schemas
// of all objects and of the provider block, nested attributes, the identities and
// the parameters of functions.
func everyAttribute(t testing.TB) []*attribute {
	t.Helper()
	server, err := provider.NewServer(provider.New("test"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	all := attributesOf("provider", "", "", response.Provider.Block.Attributes)
	kinds := map[string]map[string]*tfprotov6.Schema{
		"resource": response.ResourceSchemas, "data": response.DataSourceSchemas,
		"ephemeral": response.EphemeralResourceSchemas, "list": response.ListResourceSchemas, "action": {},
	}
	for name, action := range response.ActionSchemas {
		kinds["action"][name] = action.Schema
	}
	for kind, schemas := range kinds {
		for name, schema := range schemas {
			all = append(all, attributesOf(kind, name, "", schema.Block.Attributes)...)
		}
	}
	for name, function := range response.Functions {
		parameters := function.Parameters
		if function.VariadicParameter != nil {
			parameters = append(slices.Clone(parameters), function.VariadicParameter)
		}
		for _, parameter := range parameters {
			all = append(all, &attribute{kind: "function", object: name, path: parameter.Name, about: parameter.Description, text: holdsText(parameter.Type), required: true})
		}
	}
	identities, err := server.GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, identity := range identities.IdentitySchemas {
		for _, part := range identity.IdentityAttributes {
			all = append(all, &attribute{kind: "identity", object: name, path: part.Name, about: part.Description, text: holdsText(part.Type), required: true})
		}
	}
	slices.SortFunc(all, func(a, b *attribute) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

func attributesOf(kind, object, prefix string, schema []*tfprotov6.SchemaAttribute) []*attribute {
	var all []*attribute
	siblings := map[string]*attribute{}
	for _, each := range schema {
		a := &attribute{
			kind: kind, object: object, path: prefix + each.Name, about: each.Description, siblings: siblings,
			required: each.Required, optional: each.Optional, computed: each.Computed, sensitive: each.Sensitive, writeOnly: each.WriteOnly,
		}
		siblings[each.Name] = a
		all = append(all, a)
		if each.NestedType != nil {
			all = append(all, attributesOf(kind, object, a.path+".", each.NestedType.Attributes)...)
			continue
		}
		a.text, a.number = holdsText(each.Type), each.Type.Is(tftypes.Number)
	}
	return all
}

// holdsText tells whether a value of the type can have a string in it.
func holdsText(kind tftypes.Type) bool {
	switch kind := kind.(type) {
	case tftypes.List:
		return holdsText(kind.ElementType)
	case tftypes.Set:
		return holdsText(kind.ElementType)
	case tftypes.Map:
		return holdsText(kind.ElementType)
	case tftypes.Tuple:
		return slices.ContainsFunc(kind.ElementTypes, holdsText)
	case tftypes.Object:
		return slices.ContainsFunc(slices.Collect(maps.Values(kind.AttributeTypes)), holdsText)
	}
	return !kind.Is(tftypes.Number) && !kind.Is(tftypes.Bool)
}
