package ociemu

import (
	"fmt"
	"time"
)

// AddVersion rotates a secret and returns the number of the new version, which is
// CURRENT and LATEST; what was CURRENT becomes PREVIOUS, what was PREVIOUS
// becomes DEPRECATED.
func (e *Emulator) AddVersion(secretID string, content []byte, attrs ...Attribute) (number int64, err error) {
	err = e.changeSecret(secretID, func(s *secret) error {
		added, err := e.addActiveVersion(s, content, attrs)
		if err != nil {
			return err
		}
		number = added.number
		s.promote(number)
		return nil
	})
	return number, err
}

// AddPendingVersion adds a version that is PENDING and LATEST and returns its
// number. A version that was pending before becomes DEPRECATED.
func (e *Emulator) AddPendingVersion(secretID string, content []byte, attrs ...Attribute) (number int64, err error) {
	err = e.changeSecret(secretID, func(s *secret) error {
		added, err := e.addActiveVersion(s, content, attrs)
		if err != nil {
			return err
		}
		number = added.number
		s.pending = number
		return nil
	})
	return number, err
}

func (e *Emulator) addActiveVersion(s *secret, content []byte, attrs []Attribute) (*version, error) {
	if s.state != stateActive {
		return nil, fmt.Errorf("%w: the secret is %s", ErrConflict, s.state)
	}
	a := collect(attrs)
	return s.addVersion(content, a.versionName, e.createdAt(a))
}

// PromoteVersion makes an existing version CURRENT, and what was CURRENT PREVIOUS.
func (e *Emulator) PromoteVersion(secretID string, number int64) error {
	return e.changeVersion(secretID, number, func(s *secret, v *version) error {
		if !v.timeOfDeletion.IsZero() {
			return fmt.Errorf("%w: version %d is scheduled for deletion", ErrConflict, number)
		}
		s.promote(number)
		return nil
	})
}

func (s *secret) promote(number int64) {
	if s.current == number {
		return
	}
	s.previous, s.current = s.current, number
	if s.pending == number {
		s.pending = 0
	}
}

// SetLifecycleState puts a secret into any lifecycle state of the vault API, for
// example UPDATING or FAILED. A time of deletion stays as it is.
func (e *Emulator) SetLifecycleState(secretID, state string) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if !oneOf(secretStates...)(state) {
			return fmt.Errorf("%w: secret state %q", ErrInvalid, state)
		}
		s.state = state
		return nil
	})
}

// ScheduleDeletion puts a secret into the state PENDING_DELETION until that time;
// then it is gone. OCI asks for a time 1 to 30 days ahead, the emulator for any.
func (e *Emulator) ScheduleDeletion(secretID string, at time.Time) error {
	return e.changeSecret(secretID, func(s *secret) error {
		s.state, s.timeOfDeletion = statePendingDeletion, at
		return nil
	})
}

// CancelDeletion takes a [Emulator.ScheduleDeletion] back.
func (e *Emulator) CancelDeletion(secretID string) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if s.timeOfDeletion.IsZero() {
			return fmt.Errorf("%w: no deletion is scheduled", ErrConflict)
		}
		s.state, s.timeOfDeletion = stateActive, time.Time{}
		return nil
	})
}

// ScheduleVersionDeletion puts the content of a version out of reach until that
// time; then the version is gone. The CURRENT version cannot be deleted.
func (e *Emulator) ScheduleVersionDeletion(secretID string, number int64, at time.Time) error {
	return e.changeVersion(secretID, number, func(s *secret, v *version) error {
		if number == s.current {
			return fmt.Errorf("%w: version %d is CURRENT", ErrConflict, number)
		}
		v.timeOfDeletion = at
		return nil
	})
}

// CancelVersionDeletion takes a [Emulator.ScheduleVersionDeletion] back.
func (e *Emulator) CancelVersionDeletion(secretID string, number int64) error {
	return e.changeVersion(secretID, number, func(_ *secret, v *version) error {
		if v.timeOfDeletion.IsZero() {
			return fmt.Errorf("%w: no deletion of version %d is scheduled", ErrConflict, number)
		}
		v.timeOfDeletion = time.Time{}
		return nil
	})
}

// Delete makes a secret vanish at once: every call about it is answered 404.
func (e *Emulator) Delete(secretID string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.secrets[secretID] == nil {
		return fmt.Errorf("%w: secret %s", ErrNotFound, secretID)
	}
	delete(e.secrets, secretID)
	return nil
}

// SetRawContent replaces what stands as BASE64 in the bundles of a version; it
// need not be BASE64, nor short.
func (e *Emulator) SetRawContent(secretID string, number int64, raw string) error {
	return e.changeVersion(secretID, number, func(_ *secret, v *version) error {
		v.raw, v.noContent = raw, false
		return nil
	})
}

// NilContent makes the bundles of a version come without secretBundleContent.
func (e *Emulator) NilContent(secretID string, number int64) error {
	return e.changeVersion(secretID, number, func(_ *secret, v *version) error { v.noContent = true; return nil })
}

func (e *Emulator) changeVersion(secretID string, number int64, change func(*secret, *version) error) error {
	return e.changeSecret(secretID, func(s *secret) error {
		v := s.version(number)
		if v == nil || past(v.timeOfDeletion, e.settings.clock()) {
			return fmt.Errorf("%w: version %d", ErrNotFound, number)
		}
		return change(s, v)
	})
}
