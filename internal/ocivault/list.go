package ocivault

import (
	"context"
	"errors"
	"time"

	"github.com/oracle/oci-go-sdk/v65/keymanagement"
	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// SecretSummary is what a listing tells about a secret. OCI leaves the version
// number, the metadata and the rules to [Client.Describe].
type SecretSummary struct {
	ID                  string
	Name                string
	CompartmentID       string
	VaultID             string
	KeyID               string
	Description         string
	LifecycleState      string
	LifecycleDetails    string
	TimeCreated         time.Time
	TimeOfDeletion      time.Time // zero unless deletion is scheduled
	TimeOfCurrentExpiry time.Time // zero unless the current version expires
	Rotation            migrate.SourceRotation
	FreeformTags        map[string]string
	DefinedTags         map[string]map[string]string // by namespace and key, values as text
}

// ListSecretsRequest says which secrets to list. Empty fields other than
// CompartmentID do not narrow the list.
type ListSecretsRequest struct {
	// CompartmentID is required: OCI lists one compartment at a time, without
	// those below. A secret may be in another compartment than its vault.
	CompartmentID  string
	VaultID        string
	Name           string // exact; upper and lower case count
	LifecycleState string
}

// Vault is what a listing tells about a vault.
type Vault struct {
	ID                 string
	CompartmentID      string
	Name               string
	LifecycleState     string
	Type               string // "DEFAULT", "VIRTUAL_PRIVATE" or "EXTERNAL"
	ManagementEndpoint string
	CryptoEndpoint     string
	TimeCreated        time.Time
	FreeformTags       map[string]string
	DefinedTags        map[string]map[string]string // by namespace and key, values as text
}

// ListSecrets lists the secrets of a compartment in the order of OCI, each once.
// It needs "inspect secrets".
func (c *Client) ListSecrets(ctx context.Context, request ListSecretsRequest) ([]SecretSummary, error) {
	if request.CompartmentID == "" {
		return nil, errors.New("a list of secrets needs the OCID of a compartment")
	}
	found, err := pages(ctx, c, "ListSecrets", request.CompartmentID,
		func(ctx context.Context, page *string) ([]vault.SecretSummary, *string, error) {
			resp, err := c.vaults.ListSecrets(ctx, vault.ListSecretsRequest{
				CompartmentId:  &request.CompartmentID,
				VaultId:        optional(request.VaultID),
				Name:           optional(request.Name),
				LifecycleState: vault.SecretSummaryLifecycleStateEnum(request.LifecycleState),
				Page:           page,
			})
			return resp.Items, resp.OpcNextPage, err
		})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(found))
	list := make([]SecretSummary, 0, len(found))
	for _, each := range found {
		secret := secretSummary(each)
		if secret.ID == "" {
			return nil, mismatch("ListSecrets", request.CompartmentID, "a secret has no OCID")
		}
		if !seen[secret.ID] && request.matches(secret) {
			seen[secret.ID] = true
			list = append(list, secret)
		}
	}
	return list, nil
}

// matches holds OCI to the filters: whether its own look at upper and lower case
// is not documented.
func (r ListSecretsRequest) matches(s SecretSummary) bool {
	return (r.Name == "" || s.Name == r.Name) &&
		(r.VaultID == "" || s.VaultID == r.VaultID) &&
		(r.LifecycleState == "" || s.LifecycleState == r.LifecycleState)
}

// FindSecret lists the secrets of a name in a vault and compartment, in any
// lifecycle state, without reading content. The compartment is the secret's own
// and required, as for [Client.ListSecrets]. There may be several: a secret
// that is being deleted keeps its name. None found is an empty list.
func (c *Client) FindSecret(ctx context.Context, vaultID, compartmentID, name string) ([]SecretSummary, error) {
	if vaultID == "" || name == "" {
		return nil, errors.New("a secret by name needs the name and the OCID of the vault")
	}
	return c.ListSecrets(ctx, ListSecretsRequest{CompartmentID: compartmentID, VaultID: vaultID, Name: name})
}

// ListVaults lists the vaults of a compartment in the order of OCI, each once.
// It needs "inspect vaults".
func (c *Client) ListVaults(ctx context.Context, compartmentID string) ([]Vault, error) {
	if compartmentID == "" {
		return nil, errors.New("a list of vaults needs the OCID of a compartment")
	}
	found, err := pages(ctx, c, "ListVaults", compartmentID,
		func(ctx context.Context, page *string) ([]keymanagement.VaultSummary, *string, error) {
			resp, err := c.kms.ListVaults(ctx, keymanagement.ListVaultsRequest{CompartmentId: &compartmentID, Page: page})
			return resp.Items, resp.OpcNextPage, err
		})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(found))
	list := make([]Vault, 0, len(found))
	for _, each := range found {
		id := value(each.Id)
		if id == "" {
			return nil, mismatch("ListVaults", compartmentID, "a vault has no OCID")
		}
		if !seen[id] {
			seen[id] = true
			list = append(list, vaultSummary(each))
		}
	}
	return list, nil
}

// pages asks for pages until OCI names no further one. An empty page may still
// have a successor. A page token that comes back would never end, so it is an error.
func pages[T any](ctx context.Context, c *Client, operation, identity string,
	fetch func(ctx context.Context, page *string) ([]T, *string, error),
) ([]T, error) {
	type page struct {
		items []T
		next  *string
	}
	var (
		all  []T
		next *string
		used = map[string]bool{}
	)
	for {
		got, err := call(ctx, c, operation, identity, func(ctx context.Context) (page, error) {
			items, following, err := fetch(ctx, next)
			return page{items, following}, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, got.items...)
		token := value(got.next)
		if token == "" {
			return all, nil
		}
		if used[token] {
			return nil, mismatch(operation, identity, "the same page token came twice")
		}
		used[token] = true
		next = &token
	}
}

func secretSummary(s vault.SecretSummary) SecretSummary {
	return SecretSummary{
		ID:                  value(s.Id),
		Name:                value(s.SecretName),
		CompartmentID:       value(s.CompartmentId),
		VaultID:             value(s.VaultId),
		KeyID:               value(s.KeyId),
		Description:         value(s.Description),
		LifecycleState:      word(s.LifecycleState),
		LifecycleDetails:    value(s.LifecycleDetails),
		TimeCreated:         moment(s.TimeCreated),
		TimeOfDeletion:      moment(s.TimeOfDeletion),
		TimeOfCurrentExpiry: moment(s.TimeOfCurrentVersionExpiry),
		Rotation:            rotation(s.RotationConfig, word(s.RotationStatus), s.LastRotationTime, s.NextRotationTime),
		FreeformTags:        s.FreeformTags,
		DefinedTags:         definedTags(s.DefinedTags),
	}
}

func vaultSummary(v keymanagement.VaultSummary) Vault {
	return Vault{
		ID:                 value(v.Id),
		CompartmentID:      value(v.CompartmentId),
		Name:               value(v.DisplayName),
		LifecycleState:     word(v.LifecycleState),
		Type:               string(v.VaultType),
		ManagementEndpoint: value(v.ManagementEndpoint),
		CryptoEndpoint:     value(v.CryptoEndpoint),
		TimeCreated:        moment(v.TimeCreated),
		FreeformTags:       v.FreeformTags,
		DefinedTags:        definedTags(v.DefinedTags),
	}
}
