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
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*configResource)(nil)
	_ resource.ResourceWithValidateConfig = (*configResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*configResource)(nil)
	_ resource.ResourceWithImportState    = (*configResource)(nil)
	_ resource.ResourceWithIdentity       = (*configResource)(nil)
)

// NewConfigResource is ocibao_kubernetes_auth_config.
func NewConfigResource() resource.Resource {
	return &configResource{Identity: glue.NewIdentity(
		glue.IdentityAttribute{Name: "mount", Description: "Path of the Kubernetes auth mount below auth/."},
	)}
}

type configResource struct {
	glue.OpenBaoObject
	glue.Identity
}

func (r *configResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_kubernetes_auth_config"
}

func (r *configResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configures how a Kubernetes auth method reaches its cluster. " +
			"The server has no way to remove a configuration: destroying the resource leaves it until the mount is disabled.",
		Attributes: map[string]schema.Attribute{
			"mount":     mountAttribute(),
			"namespace": glue.NamespaceAttribute(),
			"kubernetes_host": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "URL of the Kubernetes API, such as `https://203.0.113.7:6443`, or its host and port.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"kubernetes_ca_cert": withChecks(optionalText("Certificate of the authority of the Kubernetes API, PEM. "+
				"Default: the one of the pod that OpenBao runs in; an OpenBao that runs elsewhere needs it.", ""), glue.Checked("PEM", validatePEM)),
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
			"issuer":                 optionalText("Issuer that tokens must have, where `disable_iss_validation` is `false`. Default: `kubernetes/serviceaccount`. The server calls it deprecated.", ""),
			"disable_iss_validation": optionalSwitch("Whether the issuer of tokens is not checked. Default `true`. The server calls it deprecated.", true),
			"disable_local_ca_jwt": optionalSwitch("Whether an OpenBao that runs in a pod leaves the certificate and the token of that pod alone. "+
				"Default `false`. With `true`, `kubernetes_ca_cert` is needed.", false),
			"on_conflict": glue.OnConflictAttribute("configuration"),
		},
	}
}

func withChecks(attribute schema.StringAttribute, checks ...validator.String) schema.StringAttribute {
	attribute.Validators = checks
	return attribute
}

func optionalSwitch(description string, byDefault bool) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(byDefault), MarkdownDescription: description}
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
	glue.ForeseePlan[configModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

func (r *configResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.create(ctx, plan, config); err != nil {
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("mount"), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
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

func (r *configResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state configModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "Kubernetes auth configuration", state.Mount.ValueString()) {
		return
	}
	config, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.KubernetesConfig, error) {
		return r.Client().ReadKubernetesConfig(ctx, state.Namespace.ValueString(), state.Mount.ValueString())
	}, func(config openbao.KubernetesConfig) bool { return config.Same(state.config(state)) })
	if errors.Is(err, migrate.ErrDestinationNotFound) || errors.Is(err, migrate.ErrMountNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(config)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
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
			plan.failure("update").Add(&resp.Diagnostics, err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// Delete has nothing to do: the server cannot remove a configuration, which the
// plan tells.
func (r *configResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState takes the path of the mount, without auth/, as ID, behind
// "<namespace>//" where it is in one.
func (r *configResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	mount := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidateMount(mount); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the path of the mount without auth/, such as kubernetes", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("mount"), mount)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("token_reviewer_jwt_wo_version"), importedVersion)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), glue.OnConflictFail)...)
}
