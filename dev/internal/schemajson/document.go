// Package schemajson writes a provider's schema in the form of `terraform
// providers schema -json`, straight from the provider. So the docs are the same
// whichever CLI, of whatever version, a machine has.
package schemajson

import "github.com/hashicorp/terraform-plugin-go/tftypes"

// Document is the whole output: the schemas of one provider.
type Document struct {
	FormatVersion string              `json:"format_version"`
	Schemas       map[string]provider `json:"provider_schemas"`
}

type provider struct {
	Config     *schema             `json:"provider,omitempty"`
	Resources  map[string]schema   `json:"resource_schemas,omitempty"`
	Data       map[string]schema   `json:"data_source_schemas,omitempty"`
	Ephemerals map[string]schema   `json:"ephemeral_resource_schemas,omitempty"`
	Lists      map[string]schema   `json:"list_resource_schemas,omitempty"`
	Actions    map[string]schema   `json:"action_schemas,omitempty"`
	Identities map[string]identity `json:"resource_identity_schemas,omitempty"`
	Functions  map[string]function `json:"functions,omitempty"`
}

type schema struct {
	Version int64  `json:"version"`
	Block   *block `json:"block,omitempty"`
}

type block struct {
	Attributes map[string]attribute   `json:"attributes,omitempty"`
	Blocks     map[string]nestedBlock `json:"block_types,omitempty"`
	Deprecated bool                   `json:"deprecated,omitempty"`
	description
}

type nestedBlock struct {
	Nesting string `json:"nesting_mode"`
	Block   *block `json:"block"`
	Min     int64  `json:"min_items,omitempty"`
	Max     int64  `json:"max_items,omitempty"`
}

type attribute struct {
	Type       tftypes.Type `json:"type,omitempty"`
	Nested     *nestedType  `json:"nested_type,omitempty"`
	Required   bool         `json:"required,omitempty"`
	Optional   bool         `json:"optional,omitempty"`
	Computed   bool         `json:"computed,omitempty"`
	Sensitive  bool         `json:"sensitive,omitempty"`
	WriteOnly  bool         `json:"write_only,omitempty"`
	Deprecated bool         `json:"deprecated,omitempty"`
	description
}

type nestedType struct {
	Attributes map[string]attribute `json:"attributes"`
	Nesting    string               `json:"nesting_mode"`
}

type description struct {
	Description string `json:"description,omitempty"`
	Kind        string `json:"description_kind,omitempty"`
}

type identity struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes"`
}

type identityAttribute struct {
	Type        tftypes.Type `json:"type"`
	Description string       `json:"description,omitempty"`
	Required    bool         `json:"required_for_import,omitempty"`
	Optional    bool         `json:"optional_for_import,omitempty"`
}

type function struct {
	Description string       `json:"description,omitempty"`
	Summary     string       `json:"summary,omitempty"`
	Deprecated  string       `json:"deprecation_message,omitempty"`
	Return      tftypes.Type `json:"return_type"`
	Parameters  []parameter  `json:"parameters,omitempty"`
	Variadic    *parameter   `json:"variadic_parameter,omitempty"`
}

type parameter struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Nullable    bool         `json:"is_nullable,omitempty"`
	Type        tftypes.Type `json:"type"`
}
