package ocivault

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/oracle/oci-go-sdk/v65/secrets"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// contentBase64 is the only content type that OCI has.
const contentBase64 = "BASE64"

// Bundle reads one version with its content. It needs "read secret-bundles".
//
// When OCI gives no content, the secret's metadata are asked why: an error is
// then ErrPendingDeletion, ErrRetrievalBlocked, ErrSourceVersionNotFound for a
// version that the secret does not have, or ErrSourceNotFound where only the
// right to the content can be missing. Where the metadata are out of reach as
// well and a version was asked for, the error is both ErrSourceVersionNotFound
// and ErrSourceNotFound. An answer without content is ErrUnexpectedAnswer,
// beside a Bundle with HasNoContent.
func (c *Client) Bundle(ctx context.Context, secretID string, selector migrate.Selector) (migrate.Bundle, error) {
	const operation = "GetSecretBundle"
	if err := migrate.ValidateSecretID(secretID); err != nil {
		return migrate.Bundle{}, err
	}
	if err := checkSelector(selector); err != nil {
		return migrate.Bundle{}, err
	}
	request := secrets.GetSecretBundleRequest{
		SecretId:          &secretID,
		VersionNumber:     optional(selector.VersionNumber),
		SecretVersionName: optional(selector.VersionName),
		Stage:             secrets.GetSecretBundleStageEnum(selector.Stage),
	}
	resp, err := call(ctx, c, operation, secretID, func(ctx context.Context) (secrets.GetSecretBundleResponse, error) {
		return c.secrets.GetSecretBundle(ctx, request)
	})
	if err != nil {
		return migrate.Bundle{}, c.explain(ctx, secretID, selector, err)
	}
	bundle, err := c.open(operation, secretID, resp.SecretBundle, selector)
	if err == nil && bundle.SecretID != secretID {
		return migrate.Bundle{}, mismatch(operation, secretID, "it is about %q", bundle.SecretID)
	}
	return bundle, err
}

// BundleByName reads one version of the secret that has a name in a vault; upper
// and lower case count. It needs "read secret-bundles". A 404 with a selector is
// both ErrSourceVersionNotFound and ErrSourceNotFound: without the OCID there is
// nothing to ask further.
func (c *Client) BundleByName(ctx context.Context, vaultID, name string, selector migrate.Selector) (migrate.Bundle, error) {
	const operation = "GetSecretBundleByName"
	if vaultID == "" || name == "" {
		return migrate.Bundle{}, errors.New("a secret by name needs the name and the OCID of the vault")
	}
	if err := checkSelector(selector); err != nil {
		return migrate.Bundle{}, err
	}
	request := secrets.GetSecretBundleByNameRequest{
		SecretName:        &name,
		VaultId:           &vaultID,
		VersionNumber:     optional(selector.VersionNumber),
		SecretVersionName: optional(selector.VersionName),
		Stage:             secrets.GetSecretBundleByNameStageEnum(selector.Stage),
	}
	identity := nameInVault(name, vaultID)
	resp, err := call(ctx, c, operation, identity, func(ctx context.Context) (secrets.GetSecretBundleByNameResponse, error) {
		return c.secrets.GetSecretBundleByName(ctx, request)
	})
	var failed *Error
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound && picksVersion(selector) {
		return migrate.Bundle{}, failed.with("", migrate.ErrSourceVersionNotFound, migrate.ErrSourceNotFound)
	}
	if err != nil {
		return migrate.Bundle{}, err
	}
	return c.open(operation, identity, resp.SecretBundle, selector)
}

// checkSelector refuses what OCI would answer with a 400 or, worse, with
// another version than the one meant.
func checkSelector(s migrate.Selector) error {
	set := 0
	for _, isSet := range []bool{s.VersionNumber != 0, s.VersionName != "", s.Stage != ""} {
		if isSet {
			set++
		}
	}
	switch {
	case set > 1:
		return errors.New("a version is selected by its number, its name or its stage, not by several of them")
	case s.VersionNumber < 0:
		return fmt.Errorf("version number %d is less than 1", s.VersionNumber)
	case s.Stage != "" && !slices.Contains(migrate.Stages, s.Stage):
		return fmt.Errorf("stage %q selects no version: want one of %s", s.Stage, strings.Join(migrate.Stages, ", "))
	}
	return nil
}

// picksVersion tells whether a version other than the current one was asked
// for; the current one exists wherever the secret does.
func picksVersion(s migrate.Selector) bool {
	return s != migrate.Selector{} && s.Stage != migrate.StageCurrent
}

// open checks that the answer is the version that was asked for and decodes it.
func (c *Client) open(operation, identity string, from secrets.SecretBundle, selector migrate.Selector) (migrate.Bundle, error) {
	bundle := bundleWithoutContent(from)
	version := bundle.Version
	switch {
	case bundle.SecretID == "" || version.Number < 1:
		return migrate.Bundle{}, mismatch(operation, identity, "it names no secret or no version")
	case selector.VersionNumber != 0 && version.Number != selector.VersionNumber:
		return migrate.Bundle{}, mismatch(operation, identity, "it is version %d, asked for %d", version.Number, selector.VersionNumber)
	case selector.VersionName != "" && version.Name != selector.VersionName:
		return migrate.Bundle{}, mismatch(operation, identity, "it is version name %q, asked for %q", version.Name, selector.VersionName)
	case selector.Stage != "" && len(version.Stages) > 0 && !slices.Contains(version.Stages, selector.Stage):
		return migrate.Bundle{}, mismatch(operation, identity, "it is in the stages %s, asked for %s", strings.Join(version.Stages, ", "), selector.Stage)
	}
	var text *string
	switch content := from.SecretBundleContent.(type) {
	case nil:
	case secrets.Base64SecretBundleContentDetails:
		text = content.Content
	default:
		return bundle, mismatch(operation, identity, "the content type is not %s", contentBase64)
	}
	if text == nil {
		bundle.HasNoContent = true
		return bundle, mismatch(operation, identity, "it has no content")
	}
	content, err := decode(*text)
	if err != nil {
		failed := mismatch(operation, identity, "")
		failed.Message = err.Error()
		return bundle, failed.with("", err)
	}
	bundle.ContentType, bundle.Content = contentBase64, migrate.NewSecret(content)
	return bundle, nil
}

// decode is strict: what OCI stored comes back without line breaks and with
// zero padding bits, so anything else is damage.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which the library skips
		return nil, migrate.ErrNotBase64
	}
	content, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil { // whose text says where and quotes nothing, but adds nothing either
		return nil, migrate.ErrNotBase64
	}
	return content, nil
}

func nameInVault(name, vaultID string) string { return fmt.Sprintf("%q in %s", name, vaultID) }
