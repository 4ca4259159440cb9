package ociemu

import (
	"cmp"
	"fmt"
	"regexp"
	"time"
)

// RotationConfig is how OCI rotates a secret, and how far it is. The emulator
// only shows it: it rotates nothing by itself.
type RotationConfig struct {
	// FunctionID is the OCID of the function that makes new content; empty for a
	// made-up one.
	FunctionID string `json:"function_id,omitempty"`
	// Interval is an ISO 8601 duration in days, P1D to P360D; empty when not set.
	Interval string `json:"interval,omitempty"`
	// Scheduled tells that OCI rotates at each interval; it needs Interval.
	Scheduled bool `json:"scheduled,omitempty"`
	// Status is SCHEDULED, IN_PROGRESS, CANCELLING or NOT_ENABLED; empty for what
	// follows from Scheduled.
	Status   string    `json:"status,omitempty"`
	LastTime time.Time `json:"last_time,omitzero"` // zero for never
	NextTime time.Time `json:"next_time,omitzero"` // zero when none is scheduled
}

type rotationConfigJSON struct {
	TargetSystemDetails        functionTargetJSON `json:"targetSystemDetails"`
	RotationInterval           *string            `json:"rotationInterval"`
	IsScheduledRotationEnabled bool               `json:"isScheduledRotationEnabled"`
}

type functionTargetJSON struct {
	TargetSystemType string `json:"targetSystemType"`
	FunctionID       string `json:"functionId"`
}

// rotationJSON is the part of a secret and of its summary that is about rotation.
type rotationJSON struct {
	RotationConfig   *rotationConfigJSON `json:"rotationConfig"`
	RotationStatus   *string             `json:"rotationStatus"`
	LastRotationTime *timestamp          `json:"lastRotationTime"`
	NextRotationTime *timestamp          `json:"nextRotationTime"`
}

var rotationInterval = regexp.MustCompile(`^P([1-9]|[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|360)D$`)

// SetRotation sets how a secret is rotated; nil takes it away.
func (e *Emulator) SetRotation(secretID string, config *RotationConfig) error {
	return e.changeSecret(secretID, func(s *secret) error {
		if config == nil {
			s.rotation = nil
			return nil
		}
		set := *config
		set.FunctionID = cmp.Or(set.FunctionID, "ocid1.fnfunc.oc1.eu-frankfurt-1.rotate")
		if set.Status == "" {
			set.Status = "NOT_ENABLED"
			if set.Scheduled {
				set.Status = "SCHEDULED"
			}
		}
		switch {
		case set.Interval != "" && !rotationInterval.MatchString(set.Interval):
			return fmt.Errorf("%w: rotation interval %q, want P1D to P360D", ErrInvalid, set.Interval)
		case set.Scheduled && set.Interval == "":
			return fmt.Errorf("%w: scheduled rotation needs an interval", ErrInvalid)
		case !oneOf("SCHEDULED", "IN_PROGRESS", "CANCELLING", "NOT_ENABLED")(set.Status):
			return fmt.Errorf("%w: rotation status %q", ErrInvalid, set.Status)
		}
		s.rotation = &set
		return nil
	})
}

func (s *secret) rotationBody() rotationJSON {
	if s.rotation == nil {
		return rotationJSON{}
	}
	return rotationJSON{
		RotationConfig: &rotationConfigJSON{
			TargetSystemDetails:        functionTargetJSON{TargetSystemType: "FUNCTION", FunctionID: s.rotation.FunctionID},
			RotationInterval:           optionalText(s.rotation.Interval),
			IsScheduledRotationEnabled: s.rotation.Scheduled,
		},
		RotationStatus:   &s.rotation.Status,
		LastRotationTime: optionalTime(s.rotation.LastTime),
		NextRotationTime: optionalTime(s.rotation.NextTime),
	}
}
