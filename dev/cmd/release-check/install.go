package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// protocol is the plugin protocol that the manifest names and the binary serves.
const protocol = "6.0"

// native starts the native binary as the engine does and reads its handshake,
// then asks for its version.
func (c *check) native(ctx context.Context) error {
	binary, err := c.nativeBinary(c.first())
	if err != nil {
		return err
	}
	printed, err := c.run(ctx, c.temp, binary, "-version")
	if err != nil {
		return err
	}
	if want := project + " " + version + "\n"; printed != want {
		return fmt.Errorf("-version prints %q, want %q", printed, want)
	}
	served, err := handshake(ctx, binary)
	if err != nil {
		return err
	}
	if served+".0" != protocol {
		return fmt.Errorf("the binary serves protocol %s, the manifest says %s", served, protocol)
	}
	return nil
}

// handshake starts a provider and returns the protocol of its first line, which
// is core version, protocol version, network, address.
func handshake(ctx context.Context, binary string) (string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	command := exec.CommandContext(ctx, binary)
	command.Env = append(os.Environ(), "PLUGIN_PROTOCOL_VERSIONS=5,6",
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
	printed, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(printed).ReadString('\n')
	stop()
	// It ends by being killed.
	_ = command.Wait()
	fields := strings.Split(line, "|")
	if err != nil || len(fields) < 4 {
		return "", errors.Join(fmt.Errorf("the handshake is %q", line), err)
	}
	return fields[1], nil
}

// install lets the CLI install the release from a directory, as from a mirror,
// and load it.
func (c *check) install(ctx context.Context) error {
	cli := os.Getenv("OCIBAO_TEST_CLI")
	if cli == "" {
		return errors.New("OCIBAO_TEST_CLI names no CLI")
	}
	work := filepath.Join(c.temp, "work")
	mirror := filepath.Join(c.temp, "mirror")
	config := fmt.Sprintf(`terraform {
  required_providers {
    ocibao = {
      source  = "ocibao/ocibao"
      version = %q
    }
  }
}

output "path" {
  value = provider::ocibao::kv_api_path("credentials", 2, "a")
}
`, version)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, "main.tf"), []byte(config), 0o600); err != nil {
		return err
	}
	zip := c.artifact(runtime.GOOS + "_" + runtime.GOARCH + ".zip")
	content, err := os.ReadFile(filepath.Join(c.dist(), zip))
	if err != nil {
		return err
	}
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		folder := filepath.Join(mirror, registry, "ocibao", "ocibao")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, zip), content, 0o600); err != nil {
			return err
		}
	}
	for _, args := range [][]string{{"init", "-input=false", "-plugin-dir=" + mirror}, {"validate"}} {
		if _, err := c.run(ctx, work, cli, append(args, "-no-color")...); err != nil {
			return err
		}
	}
	return nil
}
