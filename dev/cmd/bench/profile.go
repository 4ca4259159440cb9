package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"

	ocibao "github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// envProfile names the directory for the profiles of a provider process.
const envProfile = "OCIBAO_BENCH_PROFILE"

// profile lets the engine start this program in place of the provider, which it
// then is, but for the profile that it writes at its end.
func profile(ctx context.Context, set options, out io.Writer) (err error) {
	dir, err := filepath.Abs(set.profile)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	l, err := newLab(ctx, set, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.provide(theProvider, func(path string) error { return os.Symlink(l.self, path) }); err != nil {
		return err
	}
	work, err := l.workspace(theProvider, set.shapes[0].configuration(theProvider, l.oci, l.answerAfter(set.latencies[0], false)))
	if err != nil {
		return err
	}
	mount, drop, err := l.freshMount(ctx)
	if err != nil {
		return err
	}
	for i, step := range steps {
		below := filepath.Join(dir, fmt.Sprint(i+1))
		if err := os.MkdirAll(below, 0o755); err != nil {
			return err
		}
		work.Env = append(work.Env, envProfile+"="+below)
		took, err := l.cli(ctx, work, step, mount, set.sizes[0])
		if err != nil {
			return err
		}
		l.say("%s: %s; go tool pprof -top %s/*.cpu", step, seconds(took.Wall), below)
	}
	return drop()
}

// serveProfiled serves the provider as main does, and writes profiles.
func serveProfiled() error {
	if err := ocibao.LimitLogs(); err != nil {
		return err
	}
	file, err := os.CreateTemp(os.Getenv(envProfile), "*.cpu")
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	instance := ocibao.New("profile")
	err = ocibao.Serve(instance, false)
	pprof.StopCPUProfile()
	heap, heapErr := os.Create(file.Name() + ".allocs")
	if heapErr == nil {
		heapErr = errors.Join(pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
	}
	return errors.Join(err, file.Close(), heapErr)
}
