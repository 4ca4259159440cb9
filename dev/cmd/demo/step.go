package main

import (
	"context"
	"fmt"
	"time"
)

// step is one thing that the demo shows.
type step struct {
	shows string
	// do returns lines with the particulars. Its error says what went wrong.
	do func(ctx context.Context, s *stage) ([]string, error)
}

// perform runs steps in order, up to the first that fails.
func perform(ctx context.Context, out *printer, s *stage, steps []step) error {
	for i, step := range steps {
		out.begin(i+1, step.shows)
		started := time.Now()
		particulars, err := step.do(ctx, s)
		if ctx.Err() != nil {
			// Whatever failed, failed because it was broken off.
			err = errInterrupted
		}
		out.end(err == nil, time.Since(started))
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		for _, line := range particulars {
			out.particular(line)
		}
	}
	return nil
}

// setUp is what the main job and the playground begin with.
func setUp() []step {
	return []step{
		{"OCI Vault, emulated, holds the guide's three secrets", startOCI},
		{"A local server, OpenBao or compatible with it, is empty and ready", startBao},
		{"A configuration says what is to be migrated, and who may read it", configure},
	}
}

// mainJob is the job from the first plan to the repair of drift.
func mainJob() []step {
	return []step{
		{"plan lists what will be created, and shows no value", planFirst},
		{"apply copies the secrets from OCI to OpenBao, inside the provider", applyFirst},
		{"An application logs in over plain HTTP and reads provider-a", readAsApplication},
		{"The same application is denied everything else", readForbidden},
		{"A second plan says that there is nothing to do", planNothing("second")},
		{"OCI rotates cloud_provider_a, and somebody edits provider-b in OpenBao", drift},
		{"plan -detailed-exitcode names both drifts", planDrift},
		{"apply repairs both", applyRepair},
		{"A last plan says that there is nothing to do", planNothing("last")},
		{"No secret value got into the state, the plans, the output or the logs", scan},
	}
}
