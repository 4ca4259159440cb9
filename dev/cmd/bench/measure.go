package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// measureAll measures every shape at every size. Within one run the floors and
// the provider follow on each other, so that whatever else the machine does hits
// all of them.
func (l *lab) measureAll(ctx context.Context) error {
	for _, shape := range l.set.shapes {
		for _, size := range l.set.sizes {
			if !shape.measures(size) {
				continue
			}
			if err := l.measure(ctx, shape, size); err != nil {
				return fmt.Errorf("%s of %d secrets: %w", shape.name, size, err)
			}
		}
	}
	return nil
}

func (l *lab) measure(ctx context.Context, s shape, size int) error {
	started := time.Now()
	progress := func(done string) {
		l.say("%-9s %5d secrets  %-12s %s", s.name, size, done, time.Since(started).Round(100*time.Millisecond))
		started = time.Now()
	}
	// Counting needs the proxy; as nothing of this run is timed, it also warms up.
	if err := l.provider(ctx, s, size, 0, true); err != nil {
		return err
	}
	progress("counted")
	for run := range l.set.runs {
		for _, floor := range []what{theEngine, theEcho} {
			if err := l.floor(ctx, s, size, floor); err != nil {
				return fmt.Errorf("the engine with the floor %s: %w", floor, err)
			}
		}
		for _, waiting := range l.set.latencies {
			if err := l.loop(ctx, s, size, waiting); err != nil {
				return fmt.Errorf("the bare loop: %w", err)
			}
			if err := l.provider(ctx, s, size, waiting, false); err != nil {
				return err
			}
		}
		progress(fmt.Sprintf("run %d of %d", run+1, l.set.runs))
	}
	return nil
}

// provider does all steps with the provider, with a fresh mount and no state. It
// either counts requests or takes the time.
func (l *lab) provider(ctx context.Context, s shape, size int, waiting time.Duration, count bool) error {
	work, err := l.workspace(theProvider, s.configuration(theProvider, l.oci, l.answerAfter(waiting, count)))
	if err != nil {
		return err
	}
	mount, drop, err := l.freshMount(ctx)
	if err != nil {
		return err
	}
	for _, step := range steps {
		l.forgetRequests()
		took, err := l.cli(ctx, work, step, mount, size)
		if err != nil {
			return err
		}
		foot := l.results.footprint(s, size)
		if count {
			foot.Requests[step] = l.requests(mount, size)
		} else {
			l.results.add(key{s.name, size, theProvider, step, waiting}, took)
			if step == apply {
				foot.StateBytes = len(work.Read("terraform.tfstate"))
			}
		}
	}
	l.forgetRequests()
	return drop()
}

// floor does all steps with a resource that holds the same and does nothing.
func (l *lab) floor(ctx context.Context, s shape, size int, of what) error {
	work, err := l.workspace(of, s.configuration(of, l.oci, l.bao.Address))
	if err != nil {
		return err
	}
	for _, step := range steps {
		took, err := l.cli(ctx, work, step, "none", size)
		if err != nil {
			return err
		}
		l.results.add(key{s.name, size, of, step, 0}, took)
	}
	return nil
}

// cli runs a step and expects that it does what it is for.
func (l *lab) cli(ctx context.Context, work *acctest.Workspace, step step, mount string, size int) (cost, error) {
	if err := writePins(work, mount, pins(l.ids[:size], step == planSome)); err != nil {
		return cost{}, err
	}
	args, want := step.arguments()
	command := work.Command(ctx, args...)
	took, output, err := timed(command)
	if ctx.Err() != nil {
		return took, ctx.Err()
	}
	if command.ProcessState == nil || command.ProcessState.ExitCode() != want {
		return took, fmt.Errorf("%s: %w, want exit code %d:\n%s", step, orEnded(err), want, tail(output))
	}
	return took, nil
}

// loop makes the requests of the steps. What changed makes no difference to them,
// so a plan with changes has the floor of one without.
func (l *lab) loop(ctx context.Context, s shape, size int, waiting time.Duration) error {
	job := loopJob{
		OCI: loopOCI{
			Endpoint: l.oci.URL, Region: "eu-frankfurt-1", Tenancy: l.oci.TenancyID, User: l.oci.UserID,
			Fingerprint: l.oci.Key.Fingerprint, Key: l.oci.Key.PrivateKeyPEM,
		},
		Address: l.answerAfter(waiting, false), Token: acctest.RootToken,
		Pins: pins(l.ids[:size], false), Workers: s.workers,
	}
	var drop func() error
	var err error
	if job.Mount, drop, err = l.freshMount(ctx); err != nil {
		return err
	}
	for _, step := range []step{apply, planNothing} {
		l.forgetRequests()
		job.Plan = step != apply
		told, err := json.Marshal(job)
		if err != nil {
			return err
		}
		command := exec.CommandContext(ctx, l.self, loopCommand)
		command.Stdin = bytes.NewReader(told)
		killable(command)
		took, output, err := timed(command)
		if err != nil {
			return fmt.Errorf("%s: %w:\n%s", step, err, tail(output))
		}
		l.results.add(key{s.name, size, theLoop, step, waiting}, took)
	}
	l.forgetRequests()
	return drop()
}

func (l *lab) forgetRequests() {
	l.oci.Reset()
	l.proxy.Reset()
}

// requests counts those of the last step on both sides.
func (l *lab) requests(mount string, size int) requests {
	var counted requests
	for _, request := range l.proxy.Requests() {
		// A listing is of a folder, however many secrets are in it.
		if strings.HasPrefix(request.Path, mount+"/") && request.Method != "LIST" {
			counted.Destination++
		} else {
			counted.Once++
		}
	}
	counted.Source = l.oci.Count("")
	counted.Secrets = size
	return counted
}

// tail is the end of an output, which tells why a command failed.
func tail(output string) string {
	const most = 3000
	return output[max(0, len(output)-most):]
}

func orEnded(err error) error {
	if err == nil {
		return fmt.Errorf("exit code 0")
	}
	return err
}
