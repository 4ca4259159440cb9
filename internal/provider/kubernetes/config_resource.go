package kubernetes

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithValidateConfig = (*configResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*configResource)(nil)
	_ resource.ResourceWithImportState    = (*configResource)(nil)
)

// NewConfigResource is ocibao_kubernetes_auth_config.
func NewConfigResource() resource.Resource {
	identity := glue.NewIdentity(glue.IdentityAttribute{Name: "mount", Description: "Path of the Kubernetes auth mount below auth/."})
	return &configResource{glue.NewManagedObject("kubernetes_auth_config", identity, glue.Operations[configModel]{
		Read: readConfig,
		Gone: []error{migrate.ErrDestinationNotFound, migrate.ErrMountNotFound},
	})}
}

// configResource writes by itself, with the token of the reviewer that only the
// configuration has.
type configResource struct {
	glue.ManagedObject[configModel]
}

func (r *configResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configures how a Kubernetes auth method reaches its cluster. " +
			"The server has no way to remove a configuration: destroying the resource leaves it until the mount is disabled.",
		Attributes: map[string]schema.Attribute{
			"mount":     glue.AuthMountAttribute("Kubernetes", DefaultMount),
			"namespace": glue.NamespaceAttribute(),
			"kubernetes_host": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "URL of the Kubernetes API, such as `https://203.0.113.7:6443`, or its host and port.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"kubernetes_ca_cert": glue.TextAttribute("", "Certificate of the authority of the Kubernetes API, PEM. "+
				"Default: the one of the pod that OpenBao runs in; an OpenBao that runs elsewhere needs it.", glue.Checked("PEM", validatePEM)),
			"token_reviewer_jwt_wo": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				WriteOnly: true,
				MarkdownDescription: "Token of a service account that may review tokens (`system:auth-delegator`). Default: that of the pod that OpenBao runs in, or the token that logs in. " +
					"It is write-only: neither plan nor state have it, and the server never shows it. It is written together with the other settings, so leave it here.",
				Validators: []validator.String{
					stringvalidator.LengthAtLeast(1),
					stringvalidator.AlsoRequires(path.MatchRoot("token_reviewer_jwt_wo_version")),
				},
			},
			"token_reviewer_jwt_wo_version": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				MarkdownDescription: "Number of the value in `token_reviewer_jwt_wo`, from 1 on: raise it with each new value, so that it is written. One that was imported counts as 1.",
				Validators: []validator.Int64{
					int64validator.AtLeast(1),
					int64validator.AlsoRequires(path.MatchRoot("token_reviewer_jwt_wo")),
				},
			},
			"token_reviewer_jwt_set": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the server has a token of a reviewer. OpenBao tells; of other servers this is what was written, and null after an import.",
			},
			"pem_keys": schema.SetAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				Default:             setdefault.StaticValue(glue.StringSet(nil)),
				MarkdownDescription: "Public keys or certificates, PEM, with which the signatures of service account tokens are checked. Default: none, and the Kubernetes API alone decides.",
				Validators:          []validator.Set{setvalidator.ValueStringsAre(glue.Checked("PEM", validatePEM))},
			},
			"issuer":                 glue.TextAttribute("", "Issuer that tokens must have, where `disable_iss_validation` is `false`. Default: `kubernetes/serviceaccount`. The server calls it deprecated."),
			"disable_iss_validation": glue.BoolAttribute(true, "Whether the issuer of tokens is not checked. Default `true`. The server calls it deprecated."),
			"disable_local_ca_jwt": glue.BoolAttribute(false, "Whether an OpenBao that runs in a pod leaves the certificate and the token of that pod alone. "+
				"Default `false`. With `true`, `kubernetes_ca_cert` is needed."),
			"on_conflict": glue.OnConflictAttribute("configuration"),
		},
	}
}

func validatePEM(text string) error {
	if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); text != "" && block == nil {
		return errors.New("it is not PEM, which begins with -----BEGIN. A file is read by file()")
	}
	return nil
}

// ValidateConfig refuses what the server would refuse during apply.
func (r *configResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if config.DisableLocalCAJWT.ValueBool() && !config.CACert.IsUnknown() && config.CACert.ValueString() == "" {
		resp.Diagnostics.AddAttributeError(path.Root("disable_local_ca_jwt"), "No certificate of the Kubernetes API",
			"With disable_local_ca_jwt = true the server needs kubernetes_ca_cert.")
	}
}

// ModifyPlan says whether the server will have a token of a reviewer, and looks ahead.
func (r *configResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.AddWarning("The Kubernetes configuration stays",
			"OpenBao has no way to remove the configuration of a Kubernetes auth method. It stays, with its token of a reviewer, until the mount is disabled.")
		return
	}
	var config, plan, state configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	known := !req.State.Raw.IsNull()
	if known {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan.planReviewer(config, state, known)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	req.Plan = resp.Plan
	r.ManagedObject.ModifyPlan(ctx, req, resp)
}

func (r *configResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.create(ctx, plan, config); err != nil {
		glue.Failed(&resp.Diagnostics, "create", plan, glue.At("mount", err))
		return
	}
	r.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

// create writes the configuration where there is none or an equal one. Whether the
// token of the reviewer is equal nobody can tell, so it is written.
func (r *configResource) create(ctx context.Context, plan, config configModel) error {
	wanted := plan.config(config)
	present, err := r.Client().ReadKubernetesConfig(ctx, wanted.Namespace, wanted.Mount)
	switch {
	case errors.Is(err, migrate.ErrDestinationNotFound):
	case err != nil:
		return err
	case present.Same(wanted) && wanted.TokenReviewerJWT.Len() == 0 && (present.HasTokenReviewerJWT == nil || !*present.HasTokenReviewerJWT):
		return nil
	case !present.Same(wanted) && plan.OnConflict.ValueString() != glue.OnConflictOverwrite,
		present.Same(wanted) && wanted.TokenReviewerJWT.Len() == 0 && plan.OnConflict.ValueString() != glue.OnConflictOverwrite:
		return glue.Hint(errors.New("the auth mount is configured already, in another way"), fmt.Sprintf(
			"Nothing was overwritten. Import the configuration with the ID %q, or set on_conflict = \"overwrite\" to replace it.",
			glue.ImportID(wanted.Namespace, wanted.Mount)))
	}
	return r.write(ctx, wanted)
}

func (r *configResource) write(ctx context.Context, wanted openbao.KubernetesConfig) error {
	err := r.Client().WriteKubernetesConfig(ctx, wanted)
	if err != nil && wanted.CACert == "" {
		return glue.Hint(err, "Set kubernetes_ca_cert: only an OpenBao that runs in a pod has one of its own.")
	}
	return err
}

func readConfig(ctx context.Context, client *openbao.Client, state configModel) (configModel, error) {
	config, err := client.ReadKubernetesConfig(ctx, state.Namespace.ValueString(), state.Mount.ValueString())
	if err == nil {
		state.show(config)
	}
	return state, err
}

func (r *configResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if !plan.config(config).Same(state.config(config)) || !plan.Version.Equal(state.Version) || !plan.ReviewerSet.Equal(state.ReviewerSet) {
		if err := r.write(ctx, plan.config(config)); err != nil {
			glue.Failed(&resp.Diagnostics, "update", plan, err)
			return
		}
	}
	r.Written(ctx, &plan, &resp.State, resp.Identity, resp.Private, &resp.Diagnostics)
}

// Delete has nothing to do: the server cannot remove a configuration, which the
// plan tells.
func (r *configResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState takes the path of the mount, without auth/, as ID.
func (r *configResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportName(ctx, req, resp, openbao.ValidateMount, "the path of the mount without auth/, such as kubernetes")
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("token_reviewer_jwt_wo_version"), importedVersion)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), glue.OnConflictFail)...)
}
