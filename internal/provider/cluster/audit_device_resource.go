// Package cluster has the objects that concern a server as a whole.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

var (
	_ resource.ResourceWithConfigure      = (*auditDeviceResource)(nil)
	_ resource.ResourceWithValidateConfig = (*auditDeviceResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*auditDeviceResource)(nil)
	_ resource.ResourceWithImportState    = (*auditDeviceResource)(nil)
	_ resource.ResourceWithIdentity       = (*auditDeviceResource)(nil)
)

// NewAuditDeviceResource is ocibao_audit_device.
func NewAuditDeviceResource() resource.Resource {
	return &auditDeviceResource{Identity: glue.NewServerIdentity(
		glue.IdentityAttribute{Name: "path", Description: "Path of the audit device."},
	)}
}

type auditDeviceResource struct {
	glue.OpenBaoObject
	glue.Identity
}

var auditOptionsPath = path.Root("options")

func (r *auditDeviceResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_audit_device"
}

// ModifyPlan gives path its default, which is the type, and warns of options
// that the plan's reviewer should know about, and looks ahead.
func (r *auditDeviceResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		r.plan(ctx, req, resp)
		req.Plan = resp.Plan
	}
	glue.ForeseePlan[auditDeviceModel](ctx, &r.OpenBaoObject, req, &resp.Diagnostics)
}

func (r *auditDeviceResource) plan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	glue.DefaultTo(ctx, req, resp, "path", "type")
	var plan auditDeviceModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || plan.Type.IsUnknown() {
		return
	}
	warnOfOptions(&resp.Diagnostics, plan.Type.ValueString(), plan.Options)
}

func warnOfOptions(diags *diag.Diagnostics, kind string, options types.Map) {
	texts := glue.Texts(options)
	if openbao.LogsRaw(kind, texts) {
		diags.AddAttributeWarning(auditOptionsPath.AtMapKey("log_raw"), "The audit log will hold secrets in the clear",
			"log_raw = \"true\" writes requests and answers as they are: every secret that is written or read stands in the log, "+
				"and so do tokens. Leave the option out, so that they are logged as keyed hashes.")
	}
	if literal := openbao.LiteralHeaders(kind, texts); len(literal) > 0 {
		diags.AddAttributeWarning(auditOptionsPath.AtMapKey("headers"), "Headers of an audit device stand in the clear", fmt.Sprintf(
			"The values of %s stand in the plan, in the state and on the server as they are. Where one of them is a secret, refer to it "+
				"as env://NAME or file://PATH, which the server looks up.", strings.Join(literal, ", ")))
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if isUnknownOption(openbao.CheckAuditOption(kind, name, texts[name])) {
			diags.AddAttributeWarning(auditOptionsPath.AtMapKey(name), "Unknown option of an audit device", fmt.Sprintf(
				"OpenBao 2.6 knows no option %q of an audit device of the type %q, and ignores what it does not know without a word. It knows %s.",
				name, kind, strings.Join(openbao.AuditOptions(kind), ", ")))
		}
	}
}

func isUnknownOption(err error) bool { return errors.Is(err, openbao.ErrUnknownAuditOption) }

func (r *auditDeviceResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan auditDeviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	if err := r.create(ctx, plan.device()); err != nil {
		plan.failure("create").AddTo(&resp.Diagnostics, path.Root("path"), err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
	r.Wrote(ctx, resp.Private, &resp.Diagnostics)
}

// create enables a device, or adopts one that is there and does the same, which
// the server's configuration may have declared.
func (r *auditDeviceResource) create(ctx context.Context, wanted openbao.AuditDevice) error {
	present, err := r.Client().ReadAuditDevice(ctx, wanted.Path)
	switch {
	case err == nil:
		return adopted(wanted, present)
	case !errors.Is(err, openbao.ErrNoAuditDevice):
		return err
	}
	refusal := r.Client().EnableAuditDevice(ctx, wanted)
	switch {
	case errors.Is(refusal, openbao.ErrConflict):
		if present, err := r.Client().ReadAuditDevice(ctx, wanted.Path); err == nil {
			return adopted(wanted, present)
		}
		return glue.Hint(refusal, "The path of another audit device begins with this one, or this one begins with it. Nothing was changed. Choose another path.")
	case errors.Is(refusal, openbao.ErrAuditByConfiguration):
		return glue.Hint(refusal, "Nothing was changed. Declare the device in the configuration file of OpenBao, the same on every node, "+
			"and restart the nodes or send each a SIGHUP. Then apply again: the device is adopted as it is. This is its stanza:\n\n"+wanted.Stanza())
	}
	return refusal
}

// adopted is nil for a device that does what is wanted.
func adopted(wanted, present openbao.AuditDevice) error {
	differences := wanted.Differences(present)
	if len(differences) == 0 {
		return nil
	}
	return glue.Hint(fmt.Errorf("%w: another audit device is at the path, which differs in %s", openbao.ErrConflict, strings.Join(differences, ", ")),
		fmt.Sprintf("Nothing was changed. Choose another path, make the configuration say what is there, or import the device with the ID %q: "+
			"the plan then shows what differs, and replaces it.", wanted.Path))
}

func (r *auditDeviceResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state auditDeviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	r.Identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.Refreshes(&resp.Diagnostics, "audit device", state.Path.ValueString()) {
		return
	}
	device, err := glue.Refresh(ctx, &r.OpenBaoObject, req.Private, func() (openbao.AuditDevice, error) {
		return r.Client().ReadAuditDevice(ctx, state.Path.ValueString())
	}, state.device().Same)
	if errors.Is(err, openbao.ErrNoAuditDevice) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		state.failure("read").Add(&resp.Diagnostics, err)
		return
	}
	state.show(device)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

// Update is never planned: every argument forces replacement.
func (r *auditDeviceResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(req.Plan.Get(ctx, &auditDeviceModel{})...)
	resp.State.Raw = req.Plan.Raw
	r.Identify(ctx, resp.State, resp.Identity, &resp.Diagnostics)
}

func (r *auditDeviceResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state auditDeviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !r.Require(&resp.Diagnostics) {
		return
	}
	err := r.Client().DisableAuditDevice(ctx, state.Path.ValueString())
	if errors.Is(err, openbao.ErrAuditDeclared) {
		err = glue.Hint(err, fmt.Sprintf("Nothing was changed. Take the stanza audit %q %q out of the configuration file of OpenBao, on every node, "+
			"restart the nodes or send each a SIGHUP, and apply again. To stop managing the device here and leave it as it is, use a removed block with destroy = false.",
			state.Type.ValueString(), state.Path.ValueString()))
	}
	if err != nil {
		state.failure("delete").Add(&resp.Diagnostics, err)
	}
}

// ImportState takes the path of the device as ID.
func (r *auditDeviceResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	device := r.ImportedID(ctx, req, resp)
	if err := openbao.ValidateAuditPath(device); err != nil {
		resp.Diagnostics.AddError("Invalid import ID", glue.Detail(fmt.Errorf("%w. The ID is the path of the audit device, such as file", err)))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("path"), device)...)
}
