// Command ociemu serves the OCI emulator alone, for trying the provider, the OCI
// command line or an SDK against it. It makes a user with an API key and writes
// what a client needs into a directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "ociemu:", err)
	os.Exit(1)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("ociemu", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		listen   = flags.String("listen", "127.0.0.1:0", "loopback address and port; port 0 is a free one")
		useTLS   = flags.Bool("tls", false, "serve https, with an authority of its own")
		seedFile = flags.String("seed", "", "JSON file with the content; default: the three secrets of the guide")
		dir      = flags.String("dir", "", "where the configuration, the key and the CA go; default: a new temporary directory, removed at the end")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	host, _, err := net.SplitHostPort(*listen)
	if err != nil {
		return err
	}
	if host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("listen address %q: the emulator listens on loopback only", *listen)
	}
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "ociemu-"); err != nil {
			return err
		}
		defer os.RemoveAll(*dir)
	}

	emulator := ociemu.New(ociemu.WithRegion(region))
	loaded, key, err := fill(emulator, *seedFile)
	if err != nil {
		return err
	}
	url, caPEM, err := ociemu.Serve(ctx, emulator, *listen, *useTLS)
	if err != nil {
		return err
	}
	files, err := writeClientFiles(*dir, loaded, key, caPEM)
	if err != nil {
		return err
	}
	describe(stdout, url, loaded, files)
	<-ctx.Done()
	return nil
}
