// Package acctest starts what tests and the demo need around the provider: the
// OCI emulator, an OpenBao-compatible server, a working directory with the real
// command line in it, and a scan for secrets that got out. Nothing is skipped:
// what is missing is an error that says how to install it.
package acctest

import (
	"fmt"
	"os"
)

// The environment variables that `make test` and `make demo` set.
const (
	// EnvBao is the path of an OpenBao server that understands `server -dev`.
	EnvBao = "OCIBAO_TEST_BAO"
	// EnvCLI is the path of terraform or tofu.
	EnvCLI = "OCIBAO_TEST_CLI"
	// EnvProviderDir is the directory with the built provider.
	EnvProviderDir = "OCIBAO_TEST_PROVIDER_DIR"
)

// required is the value of one of the variables above.
func required(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("%s is not set. Run the tests with: make test, the demo with: make demo", name)
	}
	if _, err := os.Stat(value); err != nil {
		return "", fmt.Errorf("%s: %w. Run the tests with: make test, the demo with: make demo", name, err)
	}
	return value, nil
}
