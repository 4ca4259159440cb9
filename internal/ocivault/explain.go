package ocivault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

const noRightToContent = "its metadata can be read, so the right to read its content is probably missing"

// explain asks a secret's metadata why its content is out of reach. Which
// status OCI gives for that is not documented, so it asks for each that may be
// meant. Where the metadata do not tell, the error stays as it is.
func (c *Client) explain(ctx context.Context, secretID string, selector migrate.Selector, err error) error {
	var failed *Error
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict:
	default:
		return err
	}
	secret, describeErr := c.Describe(ctx, secretID)
	missing := failed.Status == http.StatusNotFound
	switch {
	case ctx.Err() != nil && describeErr != nil:
		return describeErr
	case describeErr != nil && missing && picksVersion(selector):
		return failed.with("", migrate.ErrSourceVersionNotFound, migrate.ErrSourceNotFound)
	case describeErr != nil:
		return err
	case leaving(secret.LifecycleState):
		return failed.with("the secret is "+secret.LifecycleState+deletedAt(secret.TimeOfDeletion), migrate.ErrPendingDeletion)
	case blocks(secret.Rules, secret.TimeOfCurrentExpiry, c.clock.Now()):
		return failed.with("the secret has expired and its expiry rule blocks retrieval", migrate.ErrRetrievalBlocked)
	case picksVersion(selector):
		return c.explainVersion(ctx, secret, selector, failed)
	case missing:
		return failed.with("the secret is "+secret.LifecycleState+"; "+noRightToContent, failed.kinds...)
	}
	return failed.with("the secret is "+secret.LifecycleState, failed.kinds...)
}

// explainVersion goes on where the secret as a whole is in order.
func (c *Client) explainVersion(ctx context.Context, secret migrate.SourceSecret, selector migrate.Selector, failed *Error) error {
	missing := failed.Status == http.StatusNotFound
	asked := describeSelector(selector)
	versions, err := c.Versions(ctx, secret.ID)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		if !missing {
			return failed
		}
		detail := fmt.Sprintf("the secret is %s with current version %d, so %s does not exist or its content is out of reach",
			secret.LifecycleState, secret.CurrentVersionNumber, asked)
		return failed.with(detail, migrate.ErrSourceVersionNotFound)
	}
	i := slices.IndexFunc(versions, func(v migrate.SourceVersion) bool { return selects(selector, v) })
	if i < 0 {
		detail := fmt.Sprintf("the secret has no %s; its current version is %d", asked, secret.CurrentVersionNumber)
		return failed.with(detail, migrate.ErrSourceVersionNotFound)
	}
	version := versions[i]
	switch {
	case !version.TimeOfDeletion.IsZero():
		return failed.with(asked+" is scheduled for deletion"+deletedAt(version.TimeOfDeletion), migrate.ErrPendingDeletion)
	case blocks(secret.Rules, version.TimeOfExpiry, c.clock.Now()):
		return failed.with(asked+" has expired and the secret's expiry rule blocks retrieval", migrate.ErrRetrievalBlocked)
	case missing:
		return failed.with(asked+" exists; "+noRightToContent, migrate.ErrSourceNotFound)
	}
	return failed
}

// leaving tells whether a secret is on its way out, which puts its content out of reach.
func leaving(state string) bool {
	switch state {
	case migrate.StateSchedulingDeletion, migrate.StatePendingDeletion, migrate.StateCancellingDeletion,
		migrate.StateDeleting, migrate.StateDeleted:
		return true
	}
	return false
}

// blocks tells whether a rule keeps back content with this time of expiry.
func blocks(rules []migrate.SecretRule, expiry, now time.Time) bool {
	passed := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	return slices.ContainsFunc(rules, func(r migrate.SecretRule) bool {
		return r.RetrievalBlockedOnExpiry && (passed(expiry) || passed(r.TimeOfAbsoluteExpiry))
	})
}

func selects(s migrate.Selector, v migrate.SourceVersion) bool {
	switch {
	case s.VersionNumber != 0:
		return v.Number == s.VersionNumber
	case s.VersionName != "":
		return v.Name == s.VersionName
	default:
		return slices.Contains(v.Stages, s.Stage)
	}
}

func describeSelector(s migrate.Selector) string {
	switch {
	case s.VersionNumber != 0:
		return fmt.Sprintf("version %d", s.VersionNumber)
	case s.VersionName != "":
		return fmt.Sprintf("version name %q", s.VersionName)
	default:
		return "version in stage " + s.Stage
	}
}

func deletedAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", at " + t.UTC().Format(time.RFC3339)
}
