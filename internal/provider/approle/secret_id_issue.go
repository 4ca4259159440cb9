package approle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// issue makes the secret ID that the plan asks for and fills in what is known of
// it then. A secret ID that takes the place of another one knows it as successor.
func (r *secretIDResource) issue(ctx context.Context, plan *secretIDModel, config secretIDModel, replaced *secretIDModel) error {
	made, err := r.wrapOrPush(ctx, plan, config, replaced)
	if err != nil {
		return err
	}
	plan.Accessor = types.StringValue(made)
	// Its creation is done whether or not the server tells more about it.
	if info, err := r.lookUp(ctx, *plan, made); err == nil && info != nil {
		plan.show(*info)
	} else {
		plan.assume(r.Now())
	}
	plan.RotationTime = plan.rotationTime()
	return nil
}

// wrapOrPush makes a secret ID in the way of the configuration and returns its
// accessor.
func (r *secretIDResource) wrapOrPush(ctx context.Context, plan *secretIDModel, config secretIDModel, replaced *secretIDModel) (string, error) {
	if config.pushed() {
		plan.unwrappable()
		return r.push(ctx, *plan, migrate.NewSecret([]byte(config.SecretID.ValueString())), replaced)
	}
	options := plan.options()
	if replaced != nil {
		options.Metadata = maps.Clone(options.Metadata)
		if options.Metadata == nil {
			options.Metadata = map[string]string{}
		}
		options.Metadata[rotationMark] = replaced.Accessor.ValueString()
	}
	wrapped, err := r.Client().CreateWrappedSecretID(ctx, plan.Namespace.ValueString(), plan.Mount.ValueString(), plan.RoleName.ValueString(),
		options, seconds(plan.WrappingTTL))
	if err != nil {
		return "", err
	}
	plan.WrappingToken = types.StringValue(string(wrapped.WrappingToken.Reveal()))
	plan.WrappingAccessor = types.StringValue(wrapped.WrappingAccessor)
	plan.WrappingExpiration = glue.Time(wrapped.CreationTime.Add(wrapped.WrapTTL))
	plan.WrappingState = types.StringValue(wrappingWaiting)
	return wrapped.Accessor, nil
}

// push registers a secret ID and returns its accessor. One that the role has
// already is what a run left whose outcome was not saved, and is taken over when
// it is as asked for.
func (r *secretIDResource) push(ctx context.Context, plan secretIDModel, value migrate.Secret, replaced *secretIDModel) (string, error) {
	namespace, mount, role := plan.Namespace.ValueString(), plan.Mount.ValueString(), plan.RoleName.ValueString()
	pushed, err := r.Client().PushSecretID(ctx, namespace, mount, role, value, plan.options())
	if err == nil {
		return pushed.Accessor, nil
	}
	present, lookupErr := r.Client().LookupSecretID(ctx, namespace, mount, role, value)
	switch {
	case lookupErr != nil || present == nil:
		return "", err
	case replaced.has(present.Accessor):
		return "", glue.Hint(errors.New("the role has this secret ID already: it is the one that is to be rotated, or was rotated out before"),
			"Nothing was changed. Give a new value in secret_id_wo whenever secret_id_wo_version is raised.")
	case !madeAs(*present, plan.options()):
		return "", glue.Hint(errors.New("the role has this secret ID already, with other settings; its accessor is "+present.Accessor),
			"Nothing was changed. Give another value in secret_id_wo, or revoke the one that is there by its accessor.")
	}
	return present.Accessor, nil
}

// has reports whether an accessor is that of the secret ID or of one that it took
// the place of.
func (m *secretIDModel) has(accessor string) bool {
	if m == nil {
		return false
	}
	_, previous := m.previous()[accessor]
	return previous || m.Accessor.ValueString() == accessor
}

// rotate makes a new secret ID next to the old one.
func (r *secretIDResource) rotate(ctx context.Context, plan *secretIDModel, config, state secretIDModel, diags *diag.Diagnostics) error {
	if err := r.revokeLost(ctx, state, diags); err != nil {
		return err
	}
	return r.issue(ctx, plan, config, &state)
}

// manySecretIDs is the number of secret IDs above which a role is not searched for
// lost ones: each takes a request.
const manySecretIDs = 200

// lost are the accessors of what rotations of the secret ID made that ended before
// their outcome was saved. It takes the right to list, and is empty without it.
func (r *secretIDResource) lost(ctx context.Context, state secretIDModel) []string {
	accessors, err := r.Client().ListSecretIDAccessors(ctx, state.Namespace.ValueString(), state.Mount.ValueString(), state.RoleName.ValueString())
	if err != nil || len(accessors) > manySecretIDs {
		return nil
	}
	return slices.DeleteFunc(accessors, func(accessor string) bool {
		if state.has(accessor) {
			return true
		}
		info, err := r.lookUp(ctx, state, accessor)
		return err != nil || info == nil || info.Metadata[rotationMark] != state.Accessor.ValueString()
	})
}

// revokeLost revokes what is lost: nobody has its wrapping token.
func (r *secretIDResource) revokeLost(ctx context.Context, state secretIDModel, diags *diag.Diagnostics) error {
	for _, accessor := range r.lost(ctx, state) {
		if err := r.revoke(ctx, state, accessor); err != nil {
			return err
		}
		diags.AddWarning("A lost secret ID was revoked", fmt.Sprintf(
			"A rotation that ended before its outcome was saved had made the secret ID with the accessor %s of the role %s. It was revoked, as nobody has its wrapping token.",
			accessor, state.RoleName.ValueString()))
	}
	return nil
}

// warnOfLostAnswer tells of a secret ID that the server may have made without
// this run getting to know it. One that was pushed is found again by itself.
func (m secretIDModel) warnOfLostAnswer(diags *diag.Diagnostics, err error) {
	var dialled *net.OpError
	if m.pushed() || !errors.Is(err, migrate.ErrTargetUnavailable) || errors.As(err, &dialled) && dialled.Op == "dial" {
		return
	}
	role := "auth/" + m.Mount.ValueString() + "/role/" + m.RoleName.ValueString()
	diags.AddWarning("A secret ID may have been left behind", fmt.Sprintf(
		"The answer of the server did not arrive. If it made a secret ID, its wrapping token is lost and so nobody can use it, but it exists until its TTL ends. "+
			"`bao list %[1]s/secret-id` shows the accessors of all secret IDs, and `bao write %[1]s/secret-id-accessor/destroy secret_id_accessor=…` revokes one.", role))
}

// The values of wrapping_state.
const (
	wrappingWaiting   = "waiting"
	wrappingUnwrapped = "unwrapped"
	wrappingExpired   = "expired"
)

// observeWrapping notes what became of the wrapping token. One that is gone before
// its time was used: that is told until the state has it.
func (r *secretIDResource) observeWrapping(ctx context.Context, private glue.PrivateReader, state *secretIDModel, diags *diag.Diagnostics) {
	before := state.WrappingState.ValueString()
	if state.WrappingToken.IsNull() || before == wrappingUnwrapped || before == wrappingExpired {
		return
	}
	_, err := glue.Refresh(ctx, &r.OpenBaoObject, private, func() (openbao.Wrapping, error) {
		return r.Client().LookupWrapping(ctx, state.Namespace.ValueString(), migrate.NewSecret([]byte(state.WrappingToken.ValueString())))
	}, func(openbao.Wrapping) bool { return true })
	switch found := wrappingState(err, parsedTime(state.WrappingExpiration), r.Now()); found {
	case "":
	case wrappingUnwrapped:
		state.WrappingState = types.StringValue(found)
		diags.AddWarning("A wrapping token was used", fmt.Sprintf(
			"The wrapping token with the accessor %s of the role %s was unwrapped before it would have expired at %s. The server does not tell by whom: "+
				"it was the one who was to get the secret ID, or somebody else. If nobody was to unwrap it yet, or who was to was told that it had been used, "+
				"the secret ID is in the wrong hands: replace this resource (apply -replace=ADDRESS), which revokes it at once, and look for sys/wrapping/unwrap in the audit log. "+
				"This is told until an apply has noted it.", state.WrappingAccessor.ValueString(), state.RoleName.ValueString(), state.WrappingExpiration.ValueString()))
	default:
		state.WrappingState = types.StringValue(found)
	}
}

// wrappingState reads the outcome of a lookup of a wrapping token; empty when it
// says nothing. After its time, whether it was used before cannot be told.
func wrappingState(err error, expires, now time.Time) string {
	switch {
	case err == nil:
		return wrappingWaiting
	case !errors.Is(err, openbao.ErrWrappingToken):
		return ""
	case now.Before(expires):
		return wrappingUnwrapped
	}
	return wrappingExpired
}
