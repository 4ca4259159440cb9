package schemajson

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Of asks a provider server for its schemas. The name is the address under
// which they appear in the document.
func Of(ctx context.Context, name string, server tfprotov6.ProviderServer) (Document, error) {
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return Document{}, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return Document{}, err
	}
	for _, d := range append(schemas.Diagnostics, identities.Diagnostics...) {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return Document{}, fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	actions := map[string]schema{}
	for name, action := range schemas.ActionSchemas {
		actions[name] = schemaOf(action.Schema)
	}
	config := schemaOf(schemas.Provider)
	return Document{
		FormatVersion: "1.0",
		Schemas: map[string]provider{name: {
			Config:     &config,
			Resources:  each(schemas.ResourceSchemas, schemaOf),
			Data:       each(schemas.DataSourceSchemas, schemaOf),
			Ephemerals: each(schemas.EphemeralResourceSchemas, schemaOf),
			Lists:      each(schemas.ListResourceSchemas, schemaOf),
			Actions:    actions,
			Identities: each(identities.IdentitySchemas, identityOf),
			Functions:  each(schemas.Functions, functionOf),
		}},
	}, nil
}

func each[From, To any](from map[string]From, convert func(From) To) map[string]To {
	to := make(map[string]To, len(from))
	for name, one := range from {
		to[name] = convert(one)
	}
	return to
}

func schemaOf(s *tfprotov6.Schema) schema {
	return schema{Version: s.Version, Block: blockOf(s.Block)}
}

func blockOf(b *tfprotov6.SchemaBlock) *block {
	to := &block{
		Attributes:  attributesOf(b.Attributes),
		Blocks:      map[string]nestedBlock{},
		Deprecated:  b.Deprecated,
		description: descriptionOf(b.Description, b.DescriptionKind),
	}
	for _, nested := range b.BlockTypes {
		to.Blocks[nested.TypeName] = nestedBlock{
			Nesting: strings.ToLower(nested.Nesting.String()),
			Block:   blockOf(nested.Block),
			Min:     nested.MinItems,
			Max:     nested.MaxItems,
		}
	}
	return to
}

func attributesOf(from []*tfprotov6.SchemaAttribute) map[string]attribute {
	to := make(map[string]attribute, len(from))
	for _, a := range from {
		converted := attribute{
			Type:        a.Type,
			Required:    a.Required,
			Optional:    a.Optional,
			Computed:    a.Computed,
			Sensitive:   a.Sensitive,
			WriteOnly:   a.WriteOnly,
			Deprecated:  a.Deprecated,
			description: descriptionOf(a.Description, a.DescriptionKind),
		}
		if a.NestedType != nil {
			converted.Type = nil
			converted.Nested = &nestedType{
				Attributes: attributesOf(a.NestedType.Attributes),
				Nesting:    strings.ToLower(a.NestedType.Nesting.String()),
			}
		}
		to[a.Name] = converted
	}
	return to
}

func descriptionOf(text string, kind tfprotov6.StringKind) description {
	return description{Description: text, Kind: strings.ToLower(kind.String())}
}

func identityOf(s *tfprotov6.ResourceIdentitySchema) identity {
	to := identity{Version: s.Version, Attributes: map[string]identityAttribute{}}
	for _, a := range s.IdentityAttributes {
		to.Attributes[a.Name] = identityAttribute{
			Type:        a.Type,
			Description: a.Description,
			Required:    a.RequiredForImport,
			Optional:    a.OptionalForImport,
		}
	}
	return to
}

func functionOf(f *tfprotov6.Function) function {
	to := function{
		Description: f.Description,
		Summary:     f.Summary,
		Deprecated:  f.DeprecationMessage,
		Return:      f.Return.Type,
	}
	for _, p := range f.Parameters {
		to.Parameters = append(to.Parameters, parameterOf(p))
	}
	if f.VariadicParameter != nil {
		variadic := parameterOf(f.VariadicParameter)
		to.Variadic = &variadic
	}
	return to
}

func parameterOf(p *tfprotov6.FunctionParameter) parameter {
	return parameter{Name: p.Name, Description: p.Description, Nullable: p.AllowNullValue, Type: p.Type}
}
