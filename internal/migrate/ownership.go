package migrate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ReservedMetadataPrefix begins the custom metadata keys that are the provider's
// own: the ownership mark, and what is carried over of expiry and rotation.
const ReservedMetadataPrefix = "ocibao_"

// Keys of the ownership mark in the custom metadata of a KV v2 secret.
const (
	MarkSecretID      = ReservedMetadataPrefix + "source_secret_id"      // OCID of the source
	MarkVersionNumber = ReservedMetadataPrefix + "source_version_number" // version that was copied
	MarkKVVersion     = ReservedMetadataPrefix + "kv_version"            // KV version that holds the copy
	MarkManagedBy     = ReservedMetadataPrefix + "managed_by"
)

// managedBy is the value of MarkManagedBy.
const managedBy = "terraform-provider-ocibao"

// markKeys is how many keys the ownership mark has.
const markKeys = 4

// Limits that OpenBao puts on custom metadata.
const (
	maxMetadataKeys        = 64
	maxMetadataKeyLength   = 128 // bytes
	maxMetadataValueLength = 512 // bytes
)

// descriptionKey is where the source's description goes.
const descriptionKey = "description"

// Mark says which version of which secret a KV v2 entry is a copy of. It tells
// the provider's own entries from everybody else's, also when state was lost.
type Mark struct {
	SecretID      string
	VersionNumber int64
	KVVersion     int64
}

// ReadMark finds the ownership mark in custom metadata. A mark that is
// incomplete is none.
func ReadMark(customMetadata map[string]string) (Mark, bool) {
	if customMetadata[MarkManagedBy] != managedBy || customMetadata[MarkSecretID] == "" {
		return Mark{}, false
	}
	version, err := strconv.ParseInt(customMetadata[MarkVersionNumber], 10, 64)
	if err != nil {
		return Mark{}, false
	}
	kv, err := strconv.ParseInt(customMetadata[MarkKVVersion], 10, 64)
	if err != nil {
		return Mark{}, false
	}
	return Mark{SecretID: customMetadata[MarkSecretID], VersionNumber: version, KVVersion: kv}, true
}

func (m Mark) write(into map[string]string) {
	into[MarkManagedBy] = managedBy
	into[MarkSecretID] = m.SecretID
	into[MarkVersionNumber] = strconv.FormatInt(m.VersionNumber, 10)
	into[MarkKVVersion] = strconv.FormatInt(m.KVVersion, 10)
}

// declaredMetadata is the custom metadata that a wish asks for, without the
// mark: what the source brings along, then what the configuration says, which
// wins.
func declaredMetadata(wish Wish, source SourceSecret) map[string]string {
	declared := map[string]string{}
	if wish.CopyFreeformTags {
		for key, value := range source.FreeformTags {
			declared[key] = value
		}
	}
	if wish.CopyDescription && source.Description != "" {
		declared[descriptionKey] = source.Description
	}
	for key, value := range wish.CustomMetadata {
		declared[key] = value
	}
	return declared
}

// ValidateMetadata refuses what OpenBao would refuse as custom metadata, and
// the keys of the ownership mark.
func ValidateMetadata(metadata map[string]string) error { return validateMetadata(metadata, 0) }

// validateMetadata leaves room for more keys of the provider's own.
func validateMetadata(metadata map[string]string, more int) error {
	if own := markKeys + more; len(metadata) > maxMetadataKeys-own {
		return fmt.Errorf("%d custom metadata keys are too many: OpenBao takes %d, %d of which the provider needs", len(metadata), maxMetadataKeys, own)
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if err := validateMetadatum(key, metadata[key]); err != nil {
			return err
		}
	}
	return nil
}

func validateMetadatum(key, value string) error {
	switch {
	case key == "":
		return fmt.Errorf("a custom metadata key is empty")
	case strings.HasPrefix(key, ReservedMetadataPrefix):
		return fmt.Errorf("custom metadata keys that begin with %s are the provider's own: rename %q", ReservedMetadataPrefix, key)
	case len(key) > maxMetadataKeyLength:
		return fmt.Errorf("the custom metadata key %q is longer than %d bytes", key, maxMetadataKeyLength)
	case !printable(key):
		return fmt.Errorf("the custom metadata key %q has a character that OpenBao does not print, such as a line break or a tab", key)
	case value == "":
		return fmt.Errorf("the value of the custom metadata key %q is empty", key)
	case len(value) > maxMetadataValueLength:
		return fmt.Errorf("the value of the custom metadata key %q is longer than %d bytes", key, maxMetadataValueLength)
	case !printable(value):
		return fmt.Errorf("the value of the custom metadata key %q has a character that OpenBao does not print, such as a line break or a tab", key)
	}
	return nil
}

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Errors of what the source brings along and OpenBao does not take as custom
// metadata.
var (
	ErrFreeformTags = errors.New("OpenBao does not take the freeform tags of the source as custom metadata")
	ErrDescription  = errors.New("OpenBao does not take the description of the source as custom metadata")
)

// validateDeclared is validateMetadata for what [declaredMetadata] put together. It
// tells what the source brings along from what the configuration says.
func validateDeclared(declared map[string]string, wish Wish, source SourceSecret) error {
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		err := validateMetadatum(key, declared[key])
		_, configured := wish.CustomMetadata[key]
		switch {
		case err == nil:
		case configured:
			return err
		case key == descriptionKey && wish.CopyDescription && source.Description != "":
			return fmt.Errorf("%w: %w", ErrDescription, err)
		default:
			return fmt.Errorf("%w: %w", ErrFreeformTags, err)
		}
	}
	return validateMetadata(declared, wish.carriedKeys())
}

// metadataChanges is what must be merged into present so that all of wanted
// stands there and nothing of dropped does. Foreign keys are left alone.
func metadataChanges(present, wanted map[string]string, dropped []string) map[string]*string {
	changes := map[string]*string{}
	for key, value := range wanted {
		if was, exists := present[key]; !exists || was != value {
			changes[key] = &value
		}
	}
	for _, key := range dropped {
		if _, stillWanted := wanted[key]; stillWanted {
			continue
		}
		if _, exists := present[key]; exists {
			changes[key] = nil
		}
	}
	return changes
}
