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
	_ resource.ResourceWithValidateConfig = (*auditDeviceResource)(nil)
	_ resource.ResourceWithImportState    = (*auditDeviceResource)(nil)
)

// NewAuditDeviceResource is ocibao_audit_device.
func NewAuditDeviceResource() resource.Resource {
	identity := glue.NewServerIdentity(glue.IdentityAttribute{Name: "path", Description: "Path of the audit device."})
	return &auditDeviceResource{glue.NewManagedObject("audit_device", identity, glue.Operations[auditDeviceModel]{
		Create: createAuditDevice,
		Read:   readAuditDevice,
		Gone:   []error{openbao.ErrNoAuditDevice},
		Delete: deleteAuditDevice,
	})}
}

type auditDeviceResource struct {
	glue.ManagedObject[auditDeviceModel]
}

var auditOptionsPath = path.Root("options")

// ModifyPlan gives path its default, which is the type, and warns of options
// that the plan's reviewer should know about, and looks ahead.
func (r *auditDeviceResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		r.plan(ctx, req, resp)
		req.Plan = resp.Plan
	}
	r.ManagedObject.ModifyPlan(ctx, req, resp)
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

func createAuditDevice(ctx context.Context, client *openbao.Client, plan *auditDeviceModel) error {
	return glue.At("path", enable(ctx, client, plan.device()))
}

// enable enables a device, or adopts one that is there and does the same, which
// the server's configuration may have declared.
func enable(ctx context.Context, client *openbao.Client, wanted openbao.AuditDevice) error {
	present, err := client.ReadAuditDevice(ctx, wanted.Path)
	switch {
	case err == nil:
		return adopted(wanted, present)
	case !errors.Is(err, openbao.ErrNoAuditDevice):
		return err
	}
	refusal := client.EnableAuditDevice(ctx, wanted)
	switch {
	case errors.Is(refusal, openbao.ErrConflict):
		if present, err := client.ReadAuditDevice(ctx, wanted.Path); err == nil {
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

func readAuditDevice(ctx context.Context, client *openbao.Client, state auditDeviceModel) (auditDeviceModel, error) {
	device, err := client.ReadAuditDevice(ctx, state.Path.ValueString())
	if err == nil {
		state.show(device)
	}
	return state, err
}

func deleteAuditDevice(ctx context.Context, client *openbao.Client, state auditDeviceModel) error {
	err := client.DisableAuditDevice(ctx, state.Path.ValueString())
	if errors.Is(err, openbao.ErrAuditDeclared) {
		return glue.Hint(err, fmt.Sprintf("Nothing was changed. Take the stanza audit %q %q out of the configuration file of OpenBao, on every node, "+
			"restart the nodes or send each a SIGHUP, and apply again. To stop managing the device here and leave it as it is, use a removed block with destroy = false.",
			state.Type.ValueString(), state.Path.ValueString()))
	}
	return err
}

// ImportState takes the path of the device as ID.
func (r *auditDeviceResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.ImportName(ctx, req, resp, openbao.ValidateAuditPath, "the path of the audit device, such as file")
}
