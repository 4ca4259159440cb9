// Command demo shows the provider's main job on an emulated OCI Vault and a
// local OpenBao-compatible server: `make demo` runs it from the first plan to the
// repair of a drift, `make playground` leaves the servers to be played with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `Usage: demo              run the main job, step by step
       demo playground   start its servers and leave them running
`

// errInterrupted ends a run that a signal broke off.
var errInterrupted = errors.New("interrupted")

func main() {
	// A playground in the background must not be stopped for reading the terminal.
	signal.Ignore(syscall.SIGTTIN)
	// Signals are caught to the very end: a second Ctrl-C must not prevent the
	// servers from being stopped.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	out := newPrinter(stdout)
	switch {
	case len(args) == 0:
		return demonstrate(ctx, out, append(setUp(), mainJob()...))
	case len(args) == 1 && args[0] == "playground":
		return play(ctx, out, stdin)
	}
	return fmt.Errorf("unexpected arguments %q\n%s", args, usage)
}

// demonstrate performs the steps and cleans up, however they end.
func demonstrate(ctx context.Context, out *printer, steps []step) (err error) {
	started := time.Now()
	s, err := newStage()
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, s.close(out))
		if err == nil {
			out.line("Done in %s. The configuration is dev/cmd/demo/config/main.tf; to try it yourself: make playground", brief(time.Since(started)))
		}
	}()
	return perform(ctx, out, s, steps)
}
