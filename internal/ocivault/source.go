package ocivault

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Describe reads a secret's metadata. It needs "read secrets" and no right to
// read the content. The number of the current version is optional in the answer;
// where it is missing it is looked up, with "inspect secret-versions", and 0 when
// that right is missing too.
func (c *Client) Describe(ctx context.Context, secretID string) (migrate.SourceSecret, error) {
	const operation = "GetSecret"
	if err := migrate.ValidateSecretID(secretID); err != nil {
		return migrate.SourceSecret{}, err
	}
	resp, err := call(ctx, c, operation, secretID, func(ctx context.Context) (vault.GetSecretResponse, error) {
		return c.vaults.GetSecret(ctx, vault.GetSecretRequest{SecretId: &secretID})
	})
	if err != nil {
		return migrate.SourceSecret{}, err
	}
	secret := sourceSecret(resp.Secret)
	if secret.ID != secretID {
		return migrate.SourceSecret{}, mismatch(operation, secretID, "it is about %q", secret.ID)
	}
	if secret.CurrentVersionNumber == 0 && secret.LifecycleState == string(vault.SecretLifecycleStateActive) {
		if secret.CurrentVersionNumber, err = c.currentVersion(ctx, secretID); err != nil {
			return migrate.SourceSecret{}, err
		}
	}
	return secret, nil
}

func (c *Client) currentVersion(ctx context.Context, secretID string) (int64, error) {
	versions, err := c.Versions(ctx, secretID)
	if errors.Is(err, migrate.ErrSourceNotFound) || errors.Is(err, migrate.ErrSourceForbidden) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, version := range versions {
		if slices.Contains(version.Stages, migrate.StageCurrent) {
			return version.Number, nil
		}
	}
	return 0, nil
}

// Versions lists all versions of a secret, ascending by number, each once. It
// needs "inspect secret-versions".
func (c *Client) Versions(ctx context.Context, secretID string) ([]migrate.SourceVersion, error) {
	const operation = "ListSecretVersions"
	if err := migrate.ValidateSecretID(secretID); err != nil {
		return nil, err
	}
	found, err := pages(ctx, c, operation, secretID,
		func(ctx context.Context, page *string) ([]vault.SecretVersionSummary, *string, error) {
			resp, err := c.vaults.ListSecretVersions(ctx, vault.ListSecretVersionsRequest{SecretId: &secretID, Page: page})
			return resp.Items, resp.OpcNextPage, err
		})
	if err != nil {
		return nil, err
	}
	versions := make([]migrate.SourceVersion, 0, len(found))
	for _, each := range found {
		version := sourceVersion(each)
		if version.Number < 1 || (each.SecretId != nil && *each.SecretId != secretID) {
			return nil, mismatch(operation, secretID, "a version has number %d and secret %q", version.Number, value(each.SecretId))
		}
		versions = append(versions, version)
	}
	byNumber := func(a, b migrate.SourceVersion) int { return cmp.Compare(a.Number, b.Number) }
	slices.SortFunc(versions, byNumber)
	return slices.CompactFunc(versions, func(a, b migrate.SourceVersion) bool { return a.Number == b.Number }), nil
}
