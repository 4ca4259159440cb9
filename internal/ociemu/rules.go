package ociemu

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Types of rules.
const (
	ExpiryRule = "SECRET_EXPIRY_RULE"
	ReuseRule  = "SECRET_REUSE_RULE"
)

// Rule is a rule of a secret. The reuse rule is only shown: the emulator does not
// refuse content that was used before.
type Rule struct {
	Type string `json:"type"` // [ExpiryRule] or [ReuseRule]

	// VersionExpiryInterval is how long after its creation a version expires, as
	// an ISO 8601 duration in days, P1D to P90D; empty for never.
	VersionExpiryInterval string `json:"version_expiry_interval,omitempty"`
	// AbsoluteExpiry is when all versions expire; zero for never.
	AbsoluteExpiry time.Time `json:"absolute_expiry,omitzero"`
	// BlockRetrieval makes the content of expired versions unreadable.
	BlockRetrieval bool `json:"block_retrieval,omitempty"`

	// EnforceOnDeletedVersions belongs to the reuse rule.
	EnforceOnDeletedVersions bool `json:"enforce_on_deleted_versions,omitempty"`
}

type expiryRuleJSON struct {
	RuleType                                string     `json:"ruleType"`
	SecretVersionExpiryInterval             *string    `json:"secretVersionExpiryInterval"`
	TimeOfAbsoluteExpiry                    *timestamp `json:"timeOfAbsoluteExpiry"`
	IsSecretContentRetrievalBlockedOnExpiry bool       `json:"isSecretContentRetrievalBlockedOnExpiry"`
}

type reuseRuleJSON struct {
	RuleType                          string `json:"ruleType"`
	IsEnforcedOnDeletedSecretVersions bool   `json:"isEnforcedOnDeletedSecretVersions"`
}

var dayInterval = regexp.MustCompile(`^P([1-9]|[1-8][0-9]|90)D$`)

func validateRules(rules []Rule) error {
	seen := map[string]bool{}
	for _, rule := range rules {
		switch {
		case rule.Type != ExpiryRule && rule.Type != ReuseRule:
			return fmt.Errorf("%w: rule type %q", ErrInvalid, rule.Type)
		case seen[rule.Type]:
			return fmt.Errorf("%w: more than one %s", ErrInvalid, rule.Type)
		case rule.VersionExpiryInterval != "" && !dayInterval.MatchString(rule.VersionExpiryInterval):
			return fmt.Errorf("%w: version expiry interval %q, want P1D to P90D", ErrInvalid, rule.VersionExpiryInterval)
		}
		seen[rule.Type] = true
	}
	return nil
}

func (r Rule) body() any {
	if r.Type == ReuseRule {
		return reuseRuleJSON{RuleType: r.Type, IsEnforcedOnDeletedSecretVersions: r.EnforceOnDeletedVersions}
	}
	body := expiryRuleJSON{
		RuleType:                                r.Type,
		TimeOfAbsoluteExpiry:                    optionalTime(r.AbsoluteExpiry),
		IsSecretContentRetrievalBlockedOnExpiry: r.BlockRetrieval,
	}
	if r.VersionExpiryInterval != "" {
		body.SecretVersionExpiryInterval = &r.VersionExpiryInterval
	}
	return body
}

// expiry is when a version that was created at this time expires: the earlier of
// interval and absolute time, or zero.
func (r Rule) expiry(created time.Time) time.Time {
	expires := r.AbsoluteExpiry
	if match := dayInterval.FindStringSubmatch(r.VersionExpiryInterval); match != nil {
		days, _ := strconv.Atoi(match[1])
		if end := created.AddDate(0, 0, days); expires.IsZero() || end.Before(expires) {
			expires = end
		}
	}
	return expires
}

// expiry is when a version expires, or zero.
func (s *secret) expiry(v *version) time.Time {
	for _, rule := range s.rules {
		if rule.Type == ExpiryRule {
			return rule.expiry(v.created)
		}
	}
	return time.Time{}
}

// blocked tells whether an expiry rule keeps the content of a version back.
func (s *secret) blocked(v *version, now time.Time) bool {
	for _, rule := range s.rules {
		if rule.Type == ExpiryRule && rule.BlockRetrieval {
			expires := rule.expiry(v.created)
			return !expires.IsZero() && !now.Before(expires)
		}
	}
	return false
}
