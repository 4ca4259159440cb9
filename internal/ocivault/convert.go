package ocivault

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/secrets"
	"github.com/oracle/oci-go-sdk/v65/vault"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Rule types, as the OCI Vault API names them.
const (
	expiryRule = "SECRET_EXPIRY_RULE"
	reuseRule  = "SECRET_REUSE_RULE"
)

func sourceSecret(s vault.Secret) migrate.SourceSecret {
	return migrate.SourceSecret{
		ID:                   value(s.Id),
		Name:                 value(s.SecretName),
		CompartmentID:        value(s.CompartmentId),
		VaultID:              value(s.VaultId),
		KeyID:                value(s.KeyId),
		Description:          value(s.Description),
		LifecycleState:       word(s.LifecycleState),
		LifecycleDetails:     value(s.LifecycleDetails),
		CurrentVersionNumber: value(s.CurrentVersionNumber),
		TimeCreated:          moment(s.TimeCreated),
		TimeOfDeletion:       moment(s.TimeOfDeletion),
		TimeOfCurrentExpiry:  moment(s.TimeOfCurrentVersionExpiry),
		FreeformTags:         s.FreeformTags,
		DefinedTags:          definedTags(s.DefinedTags),
		Metadata:             textMap(s.Metadata),
		Rules:                rules(s.SecretRules),
		Rotation:             rotation(s.RotationConfig, word(s.RotationStatus), s.LastRotationTime, s.NextRotationTime),
	}
}

func rotation(config *vault.RotationConfig, status string, last, next *common.SDKTime) migrate.SourceRotation {
	to := migrate.SourceRotation{Status: status, LastTime: moment(last), NextTime: moment(next)}
	if config != nil {
		to.Interval, to.Scheduled = value(config.RotationInterval), value(config.IsScheduledRotationEnabled)
	}
	return to
}

func rules(from []vault.SecretRule) []migrate.SecretRule {
	var to []migrate.SecretRule
	for _, rule := range from {
		switch rule := rule.(type) {
		case vault.SecretExpiryRule:
			to = append(to, migrate.SecretRule{
				Type:                        expiryRule,
				SecretVersionExpiryInterval: value(rule.SecretVersionExpiryInterval),
				TimeOfAbsoluteExpiry:        moment(rule.TimeOfAbsoluteExpiry),
				RetrievalBlockedOnExpiry:    value(rule.IsSecretContentRetrievalBlockedOnExpiry),
			})
		case vault.SecretReuseRule:
			to = append(to, migrate.SecretRule{Type: reuseRule})
		}
	}
	return to
}

func sourceVersion(v vault.SecretVersionSummary) migrate.SourceVersion {
	return migrate.SourceVersion{
		Number:         value(v.VersionNumber),
		Name:           value(v.Name),
		Stages:         stages(v.Stages),
		TimeCreated:    moment(v.TimeCreated),
		TimeOfDeletion: moment(v.TimeOfDeletion),
		TimeOfExpiry:   moment(v.TimeOfExpiry),
	}
}

func bundleWithoutContent(b secrets.SecretBundle) migrate.Bundle {
	return migrate.Bundle{
		SecretID: value(b.SecretId),
		Version: migrate.SourceVersion{
			Number:         value(b.VersionNumber),
			Name:           value(b.VersionName),
			Stages:         stages(b.Stages),
			TimeCreated:    moment(b.TimeCreated),
			TimeOfDeletion: moment(b.TimeOfDeletion),
			TimeOfExpiry:   moment(b.TimeOfExpiry),
		},
		Metadata: textMap(b.Metadata),
	}
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// optional is nil for a zero value, which the SDK leaves out of the request.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func moment(t *common.SDKTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// word is a word of OCI in the upper case of Oracle's documents. Others that
// speak the same API may write it otherwise, and the SDK takes it in any case.
func word[T ~string](from T) string { return strings.ToUpper(string(from)) }

func stages[T ~string](from []T) []string {
	to := make([]string, len(from))
	for i := range from {
		to[i] = word(from[i])
	}
	return to
}

func definedTags(from map[string]map[string]any) map[string]map[string]string {
	if from == nil {
		return nil
	}
	to := make(map[string]map[string]string, len(from))
	for namespace, tags := range from {
		to[namespace] = textMap(tags)
	}
	return to
}

// textMap keeps text as it is and writes anything else as JSON.
func textMap(from map[string]any) map[string]string {
	if from == nil {
		return nil
	}
	to := make(map[string]string, len(from))
	for key, v := range from {
		if text, ok := v.(string); ok {
			to[key] = text
			continue
		}
		if encoded, err := json.Marshal(v); err == nil {
			to[key] = string(encoded)
		}
	}
	return to
}
