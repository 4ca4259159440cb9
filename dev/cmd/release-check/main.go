// Command release-check proves that the release can be made, on this machine and
// without publishing anything:
//
//	release-check [-root DIR]
//
// In a copy of the repository, as it is, it lets GoReleaser make a release of all
// platforms, signed with a key made for the occasion. It then holds what came out
// against what the registries ask for, installs it with the CLI, makes the release
// once more in another directory and the native binary once more without a build
// cache, and compares byte for byte.
//
// GoReleaser and cyclonedx-gomod are taken from the PATH, the CLI from
// OCIBAO_TEST_CLI. It needs git and gpg, and 2 GB below the temporary directory.
package main

import (
	"context"
	"errors"
	"flag"
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
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release-check:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("release-check", flag.ContinueOnError)
	root := flags.String("root", ".", "the top of the repository")
	if err := flags.Parse(args); err != nil {
		return err
	}
	top, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "release-check-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	c := &check{root: top, temp: temp}
	defer c.stopAgent()
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"the configuration of GoReleaser is valid", c.configuration},
		{"a key made for the occasion", c.makeKey},
		{"a release of all platforms", c.release},
		{"names, archives and manifest", c.artifacts},
		{"checksums and their signature", c.checksums},
		{"an SBOM for each binary", c.sboms},
		{"the native binary serves, with its version", c.native},
		{"the CLI installs it", c.install},
		{"the same again from another directory", c.again},
		{"the native binary again, without a build cache", c.cold},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Fprintf(out, "ok  %s (%s)\n", step.what, time.Since(began).Round(time.Second))
	}
	return nil
}
