package migrate

import (
	"slices"
	"time"
)

// Custom metadata keys that carry what the source says of expiry. A fact that
// the source does not have has no key.
const (
	CarriedTimeOfExpiry         = ReservedMetadataPrefix + "source_time_of_expiry"          // of the version that was copied
	CarriedTimeOfAbsoluteExpiry = ReservedMetadataPrefix + "source_time_of_absolute_expiry" // of the expiry rule
	CarriedExpiryInterval       = ReservedMetadataPrefix + "source_version_expiry_interval" // of the expiry rule
	CarriedRetrievalBlocked     = ReservedMetadataPrefix + "source_retrieval_blocked_on_expiry"
)

// Custom metadata keys that carry what the source says of rotation.
const (
	CarriedRotationStatus    = ReservedMetadataPrefix + "source_rotation_status"
	CarriedRotationInterval  = ReservedMetadataPrefix + "source_rotation_interval"
	CarriedRotationScheduled = ReservedMetadataPrefix + "source_scheduled_rotation_enabled"
	CarriedLastRotationTime  = ReservedMetadataPrefix + "source_last_rotation_time"
	CarriedNextRotationTime  = ReservedMetadataPrefix + "source_next_rotation_time"
)

// CarriedExpiryKeys and CarriedRotationKeys are all keys of the two kinds.
var (
	CarriedExpiryKeys   = []string{CarriedTimeOfExpiry, CarriedTimeOfAbsoluteExpiry, CarriedExpiryInterval, CarriedRetrievalBlocked}
	CarriedRotationKeys = []string{CarriedRotationStatus, CarriedRotationInterval, CarriedRotationScheduled, CarriedLastRotationTime, CarriedNextRotationTime}
)

// expiryRule is the type of the rule that lets versions expire.
const expiryRule = "SECRET_EXPIRY_RULE"

// carriedMetadata is what a wish carries over of the source's expiry and
// rotation. Expiry is that of the version that is copied.
func carriedMetadata(wish Wish, source SourceSecret, expiry time.Time) map[string]string {
	carried := map[string]string{}
	text := func(key, value string) {
		if value != "" {
			carried[key] = value
		}
	}
	moment := func(key string, value time.Time) {
		if !value.IsZero() {
			carried[key] = value.UTC().Format(time.RFC3339Nano)
		}
	}
	if wish.CopyExpiry {
		moment(CarriedTimeOfExpiry, expiry)
		for _, rule := range source.Rules {
			if rule.Type == expiryRule {
				moment(CarriedTimeOfAbsoluteExpiry, rule.TimeOfAbsoluteExpiry)
				text(CarriedExpiryInterval, rule.SecretVersionExpiryInterval)
				carried[CarriedRetrievalBlocked] = yesNo(rule.RetrievalBlockedOnExpiry)
			}
		}
	}
	if rotation := source.Rotation; wish.CopyRotation && rotation != (SourceRotation{}) {
		text(CarriedRotationStatus, rotation.Status)
		text(CarriedRotationInterval, rotation.Interval)
		carried[CarriedRotationScheduled] = yesNo(rotation.Scheduled)
		moment(CarriedLastRotationTime, rotation.LastTime)
		moment(CarriedNextRotationTime, rotation.NextTime)
	}
	return carried
}

func yesNo(is bool) string {
	if is {
		return "true"
	}
	return "false"
}

// carriedKeys is how many keys a wish may carry over.
func (w Wish) carriedKeys() int {
	keys := 0
	if w.CopyExpiry {
		keys += len(CarriedExpiryKeys)
	}
	if w.CopyRotation {
		keys += len(CarriedRotationKeys)
	}
	return keys
}

// carriedIn are the keys in custom metadata that were carried over, sorted.
func carriedIn(custom map[string]string) []string {
	var found []string
	for _, key := range slices.Concat(CarriedExpiryKeys, CarriedRotationKeys) {
		if _, carried := custom[key]; carried {
			found = append(found, key)
		}
	}
	slices.Sort(found)
	return found
}

// recogniseCarried asks for what an entry carries already.
func (w *Wish) recogniseCarried(entry Entry) {
	for _, key := range carriedIn(entry.CustomMetadata) {
		w.CopyExpiry = w.CopyExpiry || slices.Contains(CarriedExpiryKeys, key)
		w.CopyRotation = w.CopyRotation || slices.Contains(CarriedRotationKeys, key)
	}
}
