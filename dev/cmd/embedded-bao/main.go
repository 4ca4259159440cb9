// Command embedded-bao is an OpenBao-compatible server for tests and the demo.
// It takes the arguments of `bao server -dev`, or a configuration file of a node
// of a Raft cluster, so that either can be started with the same command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/baoserver"
)

const versionLine = "embedded OpenBao-compatible server (Vault 1.14.1, MPL-2.0), for tests and the demo only"

const usage = `Usage: embedded-bao version
       embedded-bao server -dev [-dev-root-token-id=ID] [-dev-listen-address=127.0.0.1:8200]
           [-dev-no-store-token] [-dev-tls [-dev-tls-cert-dir=DIR]]
           [-dev-no-kv] [-log-level=info] [-openbao=false] [-config=FILE]
       embedded-bao server -config=FILE.json [-log-level=info] [-openbao=false]
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err == nil {
		return
	}
	if !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "embedded-bao:", err)
	}
	os.Exit(1)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return flag.ErrHelp
	}
	switch args[0] {
	case "version", "-version", "--version", "-v":
		_, err := fmt.Fprintln(stdout, versionLine)
		return err
	case "server":
		return serve(ctx, args[1:], stdout, stderr)
	}
	fmt.Fprint(stderr, usage)
	return fmt.Errorf("unknown command %q", args[0])
}

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	var (
		o        baoserver.Options
		dev      = flags.Bool("dev", false, "development mode: in memory, unsealed")
		devTLS   = flags.Bool("dev-tls", false, "development mode with TLS")
		file     = flags.String("config", "", "configuration in JSON of a node of a Raft cluster; with -dev what it says on audit devices counts")
		logLevel = flags.String("log-level", "info", "trace, debug, info, warn or error")
	)
	flags.StringVar(&o.Listen, "dev-listen-address", "127.0.0.1:8200", "loopback address and port")
	flags.StringVar(&o.RootToken, "dev-root-token-id", "", "ID of the root token")
	flags.BoolVar(&o.NoKV, "dev-no-kv", false, "no KV v2 engine at secret/; bao has no such flag")
	flags.StringVar(&o.TLSCertDir, "dev-tls-cert-dir", "", "where the certificate files go")
	flags.BoolVar(&o.AsOpenBao, "openbao", true, "refuse what OpenBao 2.6 refuses")
	flags.Bool("dev-no-store-token", false, "accepted; this server never stores the token")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	o.Logger = hclog.New(&hclog.LoggerOptions{Level: hclog.LevelFromString(*logLevel), Output: stderr})
	switch inMemory := *dev || *devTLS; {
	case inMemory && *file != "":
		var err error
		if o.Audit, err = baoserver.ReadAuditConfig(*file); err != nil {
			return err
		}
	case *file != "":
		return serveNode(ctx, *file, o, stdout)
	case !inMemory:
		return errors.New("give -dev or -config")
	}
	if !*devTLS {
		o.TLSCertDir = ""
	} else if o.TLSCertDir == "" {
		dir, err := os.MkdirTemp("", "embedded-bao-tls-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.TLSCertDir = dir
	}

	server, err := baoserver.Start(ctx, o)
	if err != nil {
		return err
	}
	announce(stdout, server)
	return untilDone(ctx, server)
}

// serveNode serves a node of a Raft cluster.
func serveNode(ctx context.Context, file string, o baoserver.Options, stdout io.Writer) error {
	config, err := baoserver.ReadNodeConfig(file)
	if err != nil {
		return err
	}
	server, err := baoserver.StartNode(ctx, config, o.AsOpenBao, o.Logger)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s\n\n==> node %s started at %s\n", versionLine, config.Raft["node_id"], server.Address)
	return untilDone(ctx, server)
}

// untilDone waits for the end of the context, then stops the server.
func untilDone(ctx context.Context, server *baoserver.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Wait() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return server.Stop()
	}
}

// announce prints what `bao server -dev` prints, the readiness line last.
func announce(w io.Writer, s *baoserver.Server) {
	fmt.Fprintf(w, "%s\n\n    $ export BAO_ADDR='%s'\n", versionLine, s.Address)
	if s.CACertFile != "" {
		fmt.Fprintf(w, "    $ export BAO_CACERT='%s'\n", s.CACertFile)
	}
	fmt.Fprintf(w, "\nUnseal Key: %s\nRoot Token: %s\n\n==> server started, ready for requests\n", s.UnsealKey, s.RootToken)
}
