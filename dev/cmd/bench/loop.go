package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// loopCommand makes the program the bare loop: a process of its own, as the
// provider is, so that its CPU time is its own and a start is paid for.
const loopCommand = "bare-loop"

// loopJob is what the bare loop is told on standard input.
type loopJob struct {
	OCI     loopOCI
	Address string
	Token   string
	Mount   string
	Pins    map[string]string
	Workers int
	Plan    bool // look only, as a plan does
}

type loopOCI struct {
	Endpoint, Region, Tenancy, User, Fingerprint, Key string
}

func runLoop(ctx context.Context, stdin io.Reader) error {
	var job loopJob
	if err := json.NewDecoder(stdin).Decode(&job); err != nil {
		return err
	}
	source, err := ocivault.New(ocivault.Config{
		Region: job.OCI.Region, TenancyOCID: job.OCI.Tenancy, UserOCID: job.OCI.User, Fingerprint: job.OCI.Fingerprint,
		PrivateKey: migrate.NewSecret([]byte(job.OCI.Key)),
		Endpoints: ocivault.Endpoints{
			Secrets: job.OCI.Endpoint, Vaults: job.OCI.Endpoint, Identity: job.OCI.Endpoint, KMS: job.OCI.Endpoint,
		},
	})
	if err != nil {
		return err
	}
	target, err := openbao.New(openbao.Config{Address: job.Address, Token: migrate.NewSecret([]byte(job.Token))})
	if err != nil {
		return err
	}
	one := loop{source, target, job.Mount}.copy
	if job.Plan {
		one = loop{source, target, job.Mount}.look
	}
	return job.each(ctx, one)
}

// each does one thing with every pin, for so many at a time.
func (j loopJob) each(ctx context.Context, one func(ctx context.Context, name string, pin migrate.Pin) error) error {
	queue := make(chan string)
	failures := make([]error, j.Workers)
	var group sync.WaitGroup
	for worker := range j.Workers {
		group.Go(func() {
			for name := range queue {
				pin, err := migrate.ParsePin(j.Pins[name])
				if err == nil {
					err = one(ctx, name, pin)
				}
				failures[worker] = errors.Join(failures[worker], err)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(j.Pins)) {
		queue <- name
	}
	close(queue)
	group.Wait()
	return errors.Join(failures...)
}

type loop struct {
	source *ocivault.Client
	target *openbao.Client
	mount  string
}

// copy makes the requests of a first apply.
func (l loop) copy(ctx context.Context, name string, pin migrate.Pin) error {
	at := migrate.Location{Mount: l.mount, Name: name}
	if _, err := l.source.Describe(ctx, pin.SecretID); err != nil {
		return err
	}
	bundle, err := l.source.Bundle(ctx, pin.SecretID, migrate.Selector{VersionNumber: pin.VersionNumber})
	if err != nil {
		return err
	}
	version, err := l.target.Write(ctx, at, migrate.KV2, bundle.Content, 0)
	if err != nil {
		return err
	}
	entry, err := l.target.Read(ctx, at, migrate.KV2, version.Number)
	if err != nil {
		return err
	}
	if !bytes.Equal(entry.Fields.Reveal(), bundle.Content.Reveal()) {
		return fmt.Errorf("%s: what was read back differs from what was written", at)
	}
	mark := map[string]*string{}
	for key, value := range map[string]string{
		migrate.MarkManagedBy:     "bench",
		migrate.MarkSecretID:      pin.SecretID,
		migrate.MarkVersionNumber: strconv.FormatInt(pin.VersionNumber, 10),
		migrate.MarkKVVersion:     strconv.FormatInt(version.Number, 10),
	} {
		mark[key] = &value
	}
	return l.target.PatchCustomMetadata(ctx, at, mark)
}

// look makes the requests of a plan.
func (l loop) look(ctx context.Context, name string, pin migrate.Pin) error {
	if _, err := l.source.Describe(ctx, pin.SecretID); err != nil {
		return err
	}
	_, err := l.target.Metadata(ctx, migrate.Location{Mount: l.mount, Name: name})
	return err
}
