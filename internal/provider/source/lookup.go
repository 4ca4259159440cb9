package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

// lookup is the choice between a secret's OCID and its name.
type lookup struct {
	secretID types.String
	byName   []argument
}

type argument struct {
	name  string
	value types.String
}

// validate checks that exactly one way is chosen, and that one completely. What
// is unknown may still become either.
func (l lookup) validate(diags *diag.Diagnostics) {
	var all, given, missing []string
	for _, each := range l.byName {
		all = append(all, each.name)
		switch {
		case each.value.IsNull():
			missing = append(missing, each.name)
		case !each.value.IsUnknown():
			given = append(given, each.name)
		}
	}
	known := !l.secretID.IsNull() && !l.secretID.IsUnknown()
	switch {
	case known && len(given) > 0:
		diags.AddAttributeError(path.Root("secret_id"), "Two ways to find the secret", fmt.Sprintf(
			"secret_id names one secret, and %s may name another. Remove %[1]s, or remove secret_id to find the secret by its name.", and(given)))
	case !l.secretID.IsNull():
	case len(missing) == len(all):
		diags.AddError("Which secret?", fmt.Sprintf("Set secret_id, or set %s to find the secret by its name.", and(all)))
	case len(missing) > 0:
		diags.AddAttributeError(path.Root(missing[0]), "Name of the secret is incomplete", fmt.Sprintf(
			"To find a secret by its name, %s are needed together. Set %s as well, or set secret_id instead.", and(all), and(missing)))
	}
}

// at is the attribute that an error about the secret as a whole belongs to.
func (l lookup) at() path.Path {
	if l.secretID.IsNull() {
		return path.Root("name")
	}
	return path.Root("secret_id")
}

func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// errNotOne means that there is no secret of a name, or several.
var errNotOne = errors.New("the name does not lead to one secret")

// pick takes the one secret of a name. A secret in the state DELETED is one only
// where it is all that is left to tell.
func pick(found []ocivault.SecretSummary) (ocivault.SecretSummary, error) {
	present := slices.DeleteFunc(slices.Clone(found), func(s ocivault.SecretSummary) bool { return s.LifecycleState == migrate.StateDeleted })
	switch {
	case len(present) == 1:
		return present[0], nil
	case len(present) > 1:
		return ocivault.SecretSummary{}, glue.Hint(
			fmt.Errorf("%w: %d secrets of the vault and compartment have it:%s", errNotOne, len(present), enumerate(present)),
			"Set secret_id to the OCID of the one that is meant.")
	case len(found) > 0:
		return ocivault.SecretSummary{}, glue.Hint(
			fmt.Errorf("%w: what had it in the vault and compartment is deleted:%s", errNotOne, enumerate(found)),
			"Choose another name, or set secret_id.")
	}
	return ocivault.SecretSummary{}, glue.Hint(
		fmt.Errorf("%w: none of the vault and compartment has it, or none that may be seen", errNotOne),
		"Check name (upper and lower case count), vault_id and compartment_id: a secret may be in another compartment than its vault. "+
			"Then grant: allow group <group> to inspect secrets in compartment <compartment>.")
}

// find looks up the OCID of a secret by its name, without reading content.
func find(ctx context.Context, client *ocivault.Client, name, vaultID, compartmentID string) (string, error) {
	found, err := client.FindSecret(ctx, vaultID, compartmentID, name)
	if err != nil {
		return "", err
	}
	secret, err := pick(found)
	return secret.ID, err
}
