package glue

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// Checked makes a validator of a function of a known string. The error's text
// becomes the detail of the diagnostic.
func Checked(describes string, check func(string) error) validator.String {
	return checked{describes, check}
}

type checked struct {
	describes string
	check     func(string) error
}

func (c checked) Description(context.Context) string { return c.describes }

func (c checked) MarkdownDescription(context.Context) string { return c.describes }

func (c checked) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := c.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+c.describes, Detail(err))
	}
}

// MountPath checks the path of a mount.
func MountPath() validator.String { return Checked("mount path", openbao.ValidateMount) }

// NamespaceAttribute is the namespace argument of every OpenBao object. A
// change forces replacement.
func NamespaceAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Namespace, relative to the provider's `namespace`, without leading or trailing slash. " +
			"Default: the provider's own. Changing it forces replacement.",
		Validators:    []validator.String{Checked("namespace", openbao.ValidateNamespace)},
		PlanModifiers: []planmodifier.String{SameMeaning(migrate.SameNamespace), stringplanmodifier.RequiresReplaceIf(otherNamespace, "Another namespace.", "Another namespace.")},
	}
}

// otherNamespace asks for a replacement unless the namespace is only spelled
// differently, such as "" for none.
func otherNamespace(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = req.PlanValue.IsUnknown() || !SameNamespace(req.PlanValue, req.StateValue)
}

// SameNamespace reports whether two relative namespaces that are known are one.
func SameNamespace(a, b types.String) bool {
	return a.IsUnknown() == b.IsUnknown() && migrate.SameNamespace(a.ValueString(), b.ValueString())
}

// OnConflictAttribute is the on_conflict argument for a thing that may be there
// already.
func OnConflictAttribute(thing string) schema.StringAttribute {
	return TextAttribute(OnConflictFail, fmt.Sprintf("What to do when the %s exists already and is not managed here: `fail` (default) or `overwrite`. "+
		"One that is equal is adopted without a write.", thing), OnConflictValue())
}

// OnConflictValue checks a value of on_conflict.
func OnConflictValue() validator.String {
	return stringvalidator.OneOf(OnConflictFail, OnConflictOverwrite)
}

// NameAttribute is the name of a thing, which is checked. A change forces
// replacement.
func NameAttribute(description, thing string, check func(string) error) schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: description + " Changing it forces replacement.",
		Validators:          []validator.String{Checked(thing, check)},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

// TextAttribute is an optional string with a default, perhaps "".
func TextAttribute(byDefault, description string, checks ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		Default:             stringdefault.StaticString(byDefault),
		MarkdownDescription: description,
		Validators:          checks,
	}
}

// BoolAttribute is an optional switch.
func BoolAttribute(byDefault bool, description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional:            true,
		Computed:            true,
		Default:             booldefault.StaticBool(byDefault),
		MarkdownDescription: description,
	}
}

// ReplacedBoolAttribute is an optional switch, off by default, whose change
// forces replacement.
func ReplacedBoolAttribute(description string) schema.BoolAttribute {
	attribute := BoolAttribute(false, description)
	attribute.PlanModifiers = []planmodifier.Bool{boolplanmodifier.RequiresReplace()}
	return attribute
}

// The values of on_conflict.
const (
	OnConflictFail      = "fail"
	OnConflictOverwrite = "overwrite"
)

// Text is a string value in which "" is null.
func Text(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
