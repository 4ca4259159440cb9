package policy

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// TextType is the text of a policy: layout makes no difference.
type TextType struct {
	basetypes.StringType
}

// Text is a value of TextType.
type Text struct {
	basetypes.StringValue
}

var (
	_ basetypes.StringTypable                    = TextType{}
	_ basetypes.StringValuableWithSemanticEquals = Text{}
	_ xattr.ValidateableAttribute                = Text{}
)

// NewText is a known policy text.
func NewText(text string) Text { return Text{basetypes.NewStringValue(text)} }

// ValidateAttribute parses the policy as the server would.
func (t Text) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if t.IsNull() || t.IsUnknown() {
		return
	}
	if err := aclpolicy.Validate(t.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid policy", glue.Detail(err))
	}
}

// StringSemanticEquals reports whether both policies mean the same.
func (t Text) StringSemanticEquals(_ context.Context, other basetypes.StringValuable) (bool, diag.Diagnostics) {
	right, isText := other.(Text)
	return isText && aclpolicy.Same(t.ValueString(), right.ValueString()), nil
}

// Equal compares the spelling.
func (t Text) Equal(other attr.Value) bool {
	right, isText := other.(Text)
	return isText && t.StringValue.Equal(right.StringValue)
}

// Type is TextType.
func (t Text) Type(context.Context) attr.Type { return TextType{} }

// Equal reports whether other is the same type.
func (t TextType) Equal(other attr.Type) bool {
	_, same := other.(TextType)
	return same
}

// String names the type.
func (t TextType) String() string { return "policy.TextType" }

// ValueType is Text.
func (t TextType) ValueType(context.Context) attr.Value { return Text{} }

// ValueFromString wraps a string.
func (t TextType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return Text{in}, nil
}

// ValueFromTerraform converts from the wire.
func (t TextType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	return Text{value.(basetypes.StringValue)}, nil
}
