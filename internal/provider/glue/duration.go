package glue

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-secure-stdlib/parseutil"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// DurationType is a string that OpenBao reads as a duration: "720h", "30m",
// "30d" or a number of seconds. Two spellings of one duration are the same.
type DurationType struct {
	basetypes.StringType
	// Disablable allows "-1s" as well, where OpenBao takes it for "not at all".
	Disablable bool
}

// Duration is a value of DurationType.
type Duration struct {
	basetypes.StringValue
	disablable bool
}

var (
	_ basetypes.StringTypable                    = DurationType{}
	_ basetypes.StringValuableWithSemanticEquals = Duration{}
	_ xattr.ValidateableAttribute                = Duration{}
)

// Seconds makes a duration from what the API counts in seconds.
func Seconds(n int64) Duration {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{3600, "h"}, {60, "m"}} {
		if n > 0 && n%unit.seconds == 0 {
			return ParseDuration(fmt.Sprintf("%d%s", n/unit.seconds, unit.name))
		}
	}
	return Duration{basetypes.NewStringValue(fmt.Sprintf("%ds", n)), n < 0}
}

// ParseDuration is a duration as a configuration writes it; it may be invalid.
func ParseDuration(text string) Duration {
	return Duration{StringValue: basetypes.NewStringValue(text)}
}

// Seconds is the duration in whole seconds; 0 when it is not set or not known.
func (d Duration) Seconds() int64 {
	parsed, err := d.parse()
	if err != nil {
		return 0
	}
	return int64(parsed / time.Second)
}

func (d Duration) parse() (time.Duration, error) {
	if d.IsNull() || d.IsUnknown() {
		return 0, nil
	}
	return parseutil.ParseDurationSecond(d.ValueString())
}

// Valid reports whether OpenBao would read the text as a duration of whole
// seconds. What is not known yet is valid.
func (d Duration) Valid() bool {
	if d.IsNull() || d.IsUnknown() {
		return true
	}
	parsed, err := d.parse()
	if d.disablable && err == nil && parsed == -time.Second {
		return true
	}
	return err == nil && parsed >= 0 && parsed%time.Second == 0 && d.ValueString() != ""
}

// ValidateAttribute refuses what is not valid.
func (d Duration) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !d.Valid() {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration",
			fmt.Sprintf("%q is no duration of whole seconds. Write a number with a unit, such as \"720h\", \"30m\" or \"30d\", or a number of seconds.", d.ValueString()))
	}
}

// StringSemanticEquals reports whether both last equally long.
func (d Duration) StringSemanticEquals(_ context.Context, other basetypes.StringValuable) (bool, diag.Diagnostics) {
	right, isDuration := other.(Duration)
	if !isDuration {
		return false, nil
	}
	a, errA := d.parse()
	b, errB := right.parse()
	return errA == nil && errB == nil && a == b, nil
}

// Equal compares the spelling.
func (d Duration) Equal(other attr.Value) bool {
	right, isDuration := other.(Duration)
	return isDuration && d.StringValue.Equal(right.StringValue)
}

// Type is DurationType.
func (d Duration) Type(context.Context) attr.Type { return DurationType{Disablable: d.disablable} }

// Equal reports whether other is the same type.
func (t DurationType) Equal(other attr.Type) bool {
	_, same := other.(DurationType)
	return same
}

// String names the type.
func (t DurationType) String() string { return "glue.DurationType" }

// ValueType is Duration.
func (t DurationType) ValueType(context.Context) attr.Value { return Duration{} }

// ValueFromString wraps a string.
func (t DurationType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return Duration{in, t.Disablable}, nil
}

// ValueFromTerraform converts from the wire.
func (t DurationType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	return Duration{value.(basetypes.StringValue), t.Disablable}, nil
}

// DurationAttribute is an optional duration whose default is "0s".
func DurationAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		CustomType:          DurationType{},
		Default:             stringdefault.StaticString("0s"),
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{SameDuration()},
	}
}

// DisablableDurationAttribute is a DurationAttribute that "-1s" switches off.
func DisablableDurationAttribute(description string) schema.StringAttribute {
	attribute := DurationAttribute(description)
	attribute.CustomType = DurationType{Disablable: true}
	return attribute
}

// CheckLeaseTTLs refuses a default above the maximum, as the server does.
func CheckLeaseTTLs(diags *diag.Diagnostics, byDefault, longest Duration) {
	if byDefault.Valid() && longest.Valid() && longest.Seconds() > 0 && byDefault.Seconds() > longest.Seconds() {
		diags.AddAttributeError(path.Root("default_lease_ttl"), "Default lease TTL above the longest",
			fmt.Sprintf("default_lease_ttl is %s, but max_lease_ttl is %s.", byDefault.ValueString(), longest.ValueString()))
	}
}
