package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors of a wish for deletion at expiry.
var (
	// ErrSourceExpired means that the copy would be deleted at once.
	ErrSourceExpired = errors.New("the source version has expired")
	// ErrDeletionOnKV1 means that deletion at expiry was asked for on KV v1.
	ErrDeletionOnKV1 = errors.New("KV v1 deletes nothing by itself")
	// ErrDeletionDisabled means that OpenBao set no deletion time although it
	// was asked to.
	ErrDeletionDisabled = errors.New("the mount deletes no versions: its delete_version_after is negative")
)

// expirySlack is how far a deletion time that nothing is known of may be from
// the expiry and still count as arranged for it. It covers whole seconds, the
// way of the request and ordinary differences between clocks.
const expirySlack = time.Minute

// ExpiryOf looks up when the version expires that a wish asks for: the pinned
// one, or the one in the stage. Zero means never.
func ExpiryOf(ctx context.Context, source Source, wish Wish) (time.Time, error) {
	wish.CopyExpiry = true
	_, facts, err := lookAtSource(ctx, source, wish)
	return facts.TimeOfExpiry, err
}

// lookAtExpiry notes when the version expires that is copied. The description
// tells it of the current one; another is looked up only where it matters.
func (f *SourceFacts) lookAtExpiry(ctx context.Context, source Source, wish Wish) error {
	number := cmp.Or(wish.VersionNumber, f.StageVersionNumber)
	switch {
	case number == f.CurrentVersionNumber:
		f.TimeOfExpiry = f.TimeOfCurrentExpiry
		return nil
	case !wish.watchesExpiry():
		f.ExpiryUnknown = true
		return nil
	}
	versions, err := source.Versions(ctx, wish.SecretID)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if version.Number == number {
			f.TimeOfExpiry = version.TimeOfExpiry
		}
	}
	return nil
}

// passed reports whether a moment is there or over; the zero time never is.
func passed(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// watchDeletion compares what was arranged for the deletion of a copy with what
// stands there. The record's own times are compared, so clocks do not matter.
func (o observer) watchDeletion(record *Record, current KVVersion) {
	record.DeletionOff, record.Expired = false, false
	if !o.wish.DeleteAtExpiry || record.Engine == KV1 {
		return
	}
	wanted := o.facts.TimeOfExpiry
	if o.facts.Missing {
		wanted = record.SourceExpiry // a vanished source says nothing any more
	}
	arranged := wanted.Equal(record.SourceExpiry) && current.DeletionTime.Equal(record.DeletionTime)
	byExpiry := !wanted.IsZero() && !current.DeletionTime.Before(wanted.Add(-expirySlack))
	record.Expired = arranged && current.Deleted && byExpiry
	// Nothing can be copied anew from a source that is gone or has expired.
	record.DeletionOff = !arranged && !o.facts.outOfReach() && !o.facts.Expired
}

// wantedExpiry is the expiry that a deletion is to be arranged for; zero when
// none is.
func (e *execution) wantedExpiry() time.Time {
	if !e.wish.DeleteAtExpiry {
		return time.Time{}
	}
	return e.facts.TimeOfExpiry
}

// hadDeletion reports whether a deletion was arranged for the copy before.
func (e *execution) hadDeletion() bool {
	return e.managed() && !e.state.Record.SourceExpiry.IsZero()
}

// deletionRight reports whether a version that stands there already is deleted
// when it should be.
func (e *execution) deletionRight(version KVVersion) bool {
	wanted := e.wantedExpiry()
	if wanted.IsZero() {
		return version.DeletionTime.IsZero() || !e.wish.DeleteAtExpiry && !e.hadDeletion()
	}
	return version.DeletionTime.Sub(wanted).Abs() <= expirySlack
}

// checkExpired refuses to copy what would be deleted at once.
func (e *execution) checkExpired(version int64) error {
	if expiry := e.wantedExpiry(); passed(expiry, e.ports.Clock.Now().Add(time.Second)) {
		return fmt.Errorf("%w: version %d of %s expired at %s, so its copy at %s would be deleted at once",
			ErrSourceExpired, version, e.wish.SecretID, expiry.UTC().Format(time.RFC3339), e.wish.At)
	}
	return nil
}

// arrangeDeletion lets the version that is written next be deleted when the
// source version expires. OpenBao counts from the creation of the version by its
// own clock, so the remaining time is what counts, and both clocks may differ.
// Whole seconds are all it knows; the copy goes up to a second too early.
func (e *execution) arrangeDeletion(ctx context.Context) error {
	wanted := e.wantedExpiry()
	if wanted.IsZero() && !e.hadDeletion() {
		return nil
	}
	var after time.Duration
	if !wanted.IsZero() {
		after = wanted.Sub(e.ports.Clock.Now()).Truncate(time.Second)
	}
	return e.ports.Target.DeleteVersionsAfter(ctx, e.wish.At, after)
}

// noteDeletion remembers what was arranged for a version.
func (e *execution) noteDeletion(record *Record, version KVVersion) {
	if e.wish.DeleteAtExpiry {
		record.SourceExpiry, record.DeletionTime = e.wantedExpiry(), version.DeletionTime
	}
}

// ExpiresSoon says in a line when the version of a wish expires, if that is
// within the time that the wish wants to be warned, or over already.
func ExpiresSoon(wish Wish, expiry, now time.Time) (string, bool) {
	if wish.WarnExpiryWithin <= 0 || expiry.IsZero() || expiry.After(now.Add(wish.WarnExpiryWithin)) {
		return "", false
	}
	source := wish.SecretID
	if wish.VersionNumber != 0 {
		source = Pin{SecretID: wish.SecretID, VersionNumber: wish.VersionNumber}.String()
	}
	return fmt.Sprintf("%s (%s): %s", wish.At, source, Expires(expiry, now)), true
}

// Expires says when something expires or expired, and how far off that is.
func Expires(expiry, now time.Time) string {
	text := expiry.UTC().Format(time.RFC3339)
	if passed(expiry, now) {
		return "expired at " + text
	}
	return fmt.Sprintf("expires at %s, in %s", text, inWords(expiry.Sub(now)))
}

// inWords is a duration in its largest unit, rounded down.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := int64(d / unit.length); {
		case n == 1:
			return "1 " + unit.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a minute"
}
