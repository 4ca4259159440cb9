package glue

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// ListingHidden is the listing_visibility of a mount by default. The server says
// "" where nobody has set it.
const ListingHidden = "hidden"

// MountAttributes adds to the arguments of a mount those that mounts of secrets
// engines and of auth methods have. What the seal may wrap is said with its verb, as
// in "the values are".
func MountAttributes(sealed string, mount map[string]schema.Attribute) map[string]schema.Attribute {
	mount["namespace"] = NamespaceAttribute()
	mount["description"] = TextAttribute("", "Description for people.")
	mount["listing_visibility"] = TextAttribute(ListingHidden, "Whether the mount is listed for those who are not logged in: `hidden` (default) or `unauth`.",
		stringvalidator.OneOf(ListingHidden, "unauth"))
	mount["local"] = ReplacedBoolAttribute("Whether the mount is left out of replication. Default `false`. Changing it forces replacement.")
	mount["seal_wrap"] = ReplacedBoolAttribute("Whether " + sealed + " wrapped by the seal as well, where the server can. Default `false`. Changing it forces replacement.")
	mount["accessor"] = schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: "Accessor that the server gave the mount.",
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
	return mount
}
