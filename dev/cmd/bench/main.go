// Command bench measures what the provider costs and holds it against floors
// measured in the same run: a bare loop that makes the same requests with the
// same two clients, and the engine with a resource that does nothing, its own and
// one of a provider.
//
//	bench [-sizes 100,1000,5000] [-runs 5] [-latency 0,30ms] [-only bulk,for_each] [-out FILE]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run takes the part that the program was started for: the engine starts it under
// the provider's name for a profile or as the echo, and the bench starts it as the
// bare loop.
func run(ctx context.Context) error {
	switch {
	case filepath.Base(os.Args[0]) == providerName && os.Getenv(envProfile) != "":
		return serveProfiled()
	case filepath.Base(os.Args[0]) == providerName:
		return serveEcho()
	case len(os.Args) == 2 && os.Args[1] == loopCommand:
		return runLoop(ctx, os.Stdin)
	}
	set, err := parseOptions(os.Args[1:], os.Stderr)
	if err != nil {
		return err
	}
	if set.profile != "" {
		return profile(ctx, set, os.Stdout)
	}
	return bench(ctx, set, os.Stdout, os.Stderr)
}

// bench measures, and reports what was measured also when it is broken off.
// Progress goes to a stream of its own, so that the table can be redirected.
func bench(ctx context.Context, set options, out, progress io.Writer) (err error) {
	l, err := newLab(ctx, set, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	started := time.Now()
	l.say("This takes about %s on two quiet cores; Ctrl-C ends it and reports what is there.", round(estimate(set)))
	measured := l.measureAll(ctx)
	if ctx.Err() != nil {
		measured = errors.New("interrupted: the report is of what was measured until then")
	}
	l.say("Measured for %s.", round(time.Since(started)))
	report := newReport(set, l.machine, l.results)
	if err := report.writeMarkdown(out); err != nil {
		return err
	}
	return errors.Join(measured, report.writeJSON(set.out), report.exceeded())
}

func round(d time.Duration) time.Duration {
	if d > time.Minute {
		return d.Round(10 * time.Second)
	}
	return d.Round(time.Second)
}
