package provider_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// inProcess is the provider, configured, as an engine calls it: for what only
// some engines know.
type inProcess struct {
	testing.TB
	tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// values are the attributes of an object; what is left out is null.
type values map[string]any

// serve configures a provider with this provider block.
func serve(t testing.TB, block values) inProcess {
	t.Helper()
	server, err := provider.NewServer(provider.New("test"))
	if err != nil {
		t.Fatal(err)
	}
	p := inProcess{TB: t, ProviderServer: server}
	if p.schemas, err = server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	response, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: p.config(p.schemas.Provider, block)})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range response.Diagnostics {
		t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	return p
}

// config encodes a configuration of this schema.
func (p inProcess) config(schema *tfprotov6.Schema, given values) *tfprotov6.DynamicValue {
	p.Helper()
	kind := schema.ValueType()
	encoded, err := tfprotov6.NewDynamicValue(kind, valueOf(kind, given))
	if err != nil {
		p.Fatal(err)
	}
	return &encoded
}

// valueOf makes a value of a type: objects are filled up with null.
func valueOf(kind tftypes.Type, given any) tftypes.Value {
	if _, isText := given.(string); isText && kind.Is(tftypes.DynamicPseudoType) {
		kind = tftypes.String // an address, which may be a list as well
	}
	attributes, isObject := given.(values)
	object, wantsObject := kind.(tftypes.Object)
	if !isObject || !wantsObject {
		if items, isList := given.([]any); isList {
			var elements []tftypes.Value
			for _, item := range items {
				elements = append(elements, valueOf(kind.(tftypes.List).ElementType, item))
			}
			given = elements
		}
		if members, isMap := given.(map[string]string); isMap {
			elements := map[string]tftypes.Value{}
			for key, text := range members {
				elements[key] = tftypes.NewValue(tftypes.String, text)
			}
			given = elements
		}
		return tftypes.NewValue(kind, given)
	}
	filled := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		filled[name] = valueOf(attribute, attributes[name])
	}
	return tftypes.NewValue(kind, filled)
}

// invoke runs an action and returns what it told and the errors and warnings.
func (p inProcess) invoke(ctx context.Context, action string, given values) (told []string, diagnostics []*tfprotov6.Diagnostic) {
	p.Helper()
	stream, err := p.ProviderServer.(tfprotov6.ProviderServerWithActions).InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ //nolint:staticcheck // optional until protocol 7
		ActionType: action, Config: p.config(p.schemas.ActionSchemas[action].Schema, given),
	})
	if err != nil {
		p.Fatal(err)
	}
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			told = append(told, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diagnostics = append(diagnostics, event.Diagnostics...)
		}
	}
	return told, diagnostics
}

// plans plans an action and returns the errors and warnings.
func (p inProcess) plans(action string, given values) []*tfprotov6.Diagnostic {
	p.Helper()
	response, err := p.ProviderServer.(tfprotov6.ProviderServerWithActions).PlanAction(p.Context(), &tfprotov6.PlanActionRequest{ //nolint:staticcheck // optional until protocol 7
		ActionType: action, Config: p.config(p.schemas.ActionSchemas[action].Schema, given),
	})
	if err != nil {
		p.Fatal(err)
	}
	return response.Diagnostics
}

// listed is one result of a list resource.
type listed struct {
	name               string
	identity, resource values
}

// lists asks a list resource and returns the results, and the errors and
// warnings.
func (p inProcess) lists(resource string, limit int64, given values) (results []listed, diagnostics []*tfprotov6.Diagnostic) {
	p.Helper()
	identities, err := p.GetResourceIdentitySchemas(p.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		p.Fatal(err)
	}
	stream, err := p.ProviderServer.(tfprotov6.ProviderServerWithListResource).ListResource(p.Context(), &tfprotov6.ListResourceRequest{ //nolint:staticcheck // optional until protocol 7
		TypeName: resource, Config: p.config(p.schemas.ListResourceSchemas[resource], given), IncludeResource: true, Limit: limit,
	})
	if err != nil {
		p.Fatal(err)
	}
	for result := range stream.Results {
		diagnostics = append(diagnostics, result.Diagnostics...)
		if result.Identity == nil {
			continue
		}
		results = append(results, listed{
			name:     result.DisplayName,
			identity: p.texts(result.Identity.IdentityData, identities.IdentitySchemas[resource].ValueType()),
			resource: p.texts(result.Resource, p.schemas.ResourceSchemas[resource].ValueType()),
		})
	}
	return results, diagnostics
}

// texts are the attributes of an object that are known strings.
func (p inProcess) texts(encoded *tfprotov6.DynamicValue, kind tftypes.Type) values {
	p.Helper()
	object, err := encoded.Unmarshal(kind)
	if err != nil {
		p.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := object.As(&attributes); err != nil {
		p.Fatal(err)
	}
	texts := values{}
	for name, value := range attributes {
		var text string
		if value.Type().Is(tftypes.String) && !value.IsNull() && value.As(&text) == nil {
			texts[name] = text
		}
	}
	return texts
}
