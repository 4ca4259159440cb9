// Package kubernetes has the objects of the Kubernetes auth method: how it reaches
// its cluster, and its roles.
package kubernetes

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// DefaultMount is the usual path of the Kubernetes auth method.
const DefaultMount = "kubernetes"

func mountAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		Default:             stringdefault.StaticString(DefaultMount),
		MarkdownDescription: "Path of the Kubernetes auth mount below `auth/`. Default `" + DefaultMount + "`. Changing it forces replacement.",
		Validators:          []validator.String{glue.MountPath()},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}
