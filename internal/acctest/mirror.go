package acctest

import (
	"os"
	"path/filepath"
	"runtime"
)

// MirroredVersion is the version that the built provider has in a mirror.
const MirroredVersion = "0.0.1"

// Mirror lays the built provider into a directory as a filesystem mirror of both
// engines' registries has it.
func Mirror(dir string) error {
	providers, err := required(EnvProviderDir)
	if err != nil {
		return err
	}
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		platform := filepath.Join(dir, registry, "ocibao", "ocibao", MirroredVersion, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(platform, 0o700); err != nil {
			return err
		}
		name := "terraform-provider-ocibao"
		if err := os.Symlink(filepath.Join(providers, name), filepath.Join(platform, name+"_v"+MirroredVersion)); err != nil {
			return err
		}
	}
	return nil
}
