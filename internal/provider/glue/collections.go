package glue

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// StringSet makes a set of strings; nil is the empty set.
func StringSet(texts []string) types.Set {
	return types.SetValueMust(types.StringType, stringValues(texts))
}

// StringList makes a list of strings; nil is the null list.
func StringList(texts []string) types.List {
	if texts == nil {
		return types.ListNull(types.StringType)
	}
	return types.ListValueMust(types.StringType, stringValues(texts))
}

// StringMap makes a map of strings; nil is the empty map.
func StringMap(texts map[string]string) types.Map {
	values := make(map[string]attr.Value, len(texts))
	for key, text := range texts {
		values[key] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, values)
}

func stringValues(texts []string) []attr.Value {
	values := make([]attr.Value, len(texts))
	for i, text := range texts {
		values[i] = types.StringValue(text)
	}
	return values
}

// Strings are the known elements of a set or list of strings; nil when it is
// null or unknown.
func Strings(collection interface{ Elements() []attr.Value }) []string {
	var texts []string
	for _, element := range collection.Elements() {
		if text, is := element.(types.String); is && !text.IsUnknown() {
			texts = append(texts, text.ValueString())
		}
	}
	return texts
}

// Texts are the known elements of a map of strings; nil when it is null or
// unknown.
func Texts(collection types.Map) map[string]string {
	var texts map[string]string
	for key, element := range collection.Elements() {
		if text, is := element.(types.String); is && !text.IsUnknown() {
			if texts == nil {
				texts = map[string]string{}
			}
			texts[key] = text.ValueString()
		}
	}
	return texts
}
