package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

const region = "eu-frankfurt-1"

// fill loads the seed with a fresh API key for its first user. The key belongs
// to this run, so that no private key is ever part of a seed.
func fill(emulator *ociemu.Emulator, seedFile string) (ociemu.Loaded, ociemu.APIKey, error) {
	key, err := ociemu.GenerateAPIKey()
	if err != nil {
		return ociemu.Loaded{}, key, err
	}
	var loaded ociemu.Loaded
	if seedFile == "" {
		loaded, err = emulator.Apply(ociemu.GuideSeed())
	} else {
		var file *os.File
		if file, err = os.Open(seedFile); err != nil {
			return loaded, key, err
		}
		defer file.Close()
		loaded, err = emulator.Load(file)
	}
	if err != nil {
		return loaded, key, err
	}
	user, err := firstUser(loaded)
	if err != nil {
		return loaded, key, err
	}
	_, err = emulator.AddAPIKey(loaded.Users[user], key.PublicKeyPEM)
	return loaded, key, err
}

// firstUser is the first in the order of names, which a seed's author can tell.
func firstUser(loaded ociemu.Loaded) (string, error) {
	names := slices.Sorted(maps.Keys(loaded.Users))
	if len(names) == 0 {
		return "", fmt.Errorf("the seed has no user")
	}
	return names[0], nil
}

type clientFiles struct {
	config string
	ca     string // empty without TLS
}

// writeClientFiles writes an OCI configuration file, the private key that it
// names and, with TLS, the authority to trust.
func writeClientFiles(dir string, loaded ociemu.Loaded, key ociemu.APIKey, caPEM []byte) (clientFiles, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return clientFiles{}, err
	}
	user, err := firstUser(loaded)
	if err != nil {
		return clientFiles{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return clientFiles{}, err
	}
	files := clientFiles{config: filepath.Join(dir, "config")}
	keyFile := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(keyFile, []byte(key.PrivateKeyPEM), 0o600); err != nil {
		return files, err
	}
	config := fmt.Sprintf("[DEFAULT]\nuser=%s\nfingerprint=%s\ntenancy=%s\nregion=%s\nkey_file=%s\n",
		loaded.Users[user], key.Fingerprint, loaded.TenancyID, region, keyFile)
	if err := os.WriteFile(files.config, []byte(config), 0o600); err != nil {
		return files, err
	}
	if caPEM != nil {
		files.ca = filepath.Join(dir, "ca.pem")
		return files, os.WriteFile(files.ca, caPEM, 0o644)
	}
	return files, nil
}

// describe prints how to point a client at the emulator, and what it holds.
func describe(w io.Writer, url string, loaded ociemu.Loaded, files clientFiles) {
	fmt.Fprintf(w, "OCI emulator at %s\n\nprovider \"ocibao\" {\n  oci = {\n    config_file_path = %q\n", url, files.config)
	if files.ca != "" {
		fmt.Fprintf(w, "    ca_cert_file     = %q\n", files.ca)
	}
	fmt.Fprintf(w, "    endpoints        = { secrets = %[1]q, vaults = %[1]q, identity = %[1]q, kms = %[1]q }\n  }\n}\n", url)
	fmt.Fprintf(w, "\ntenancy      %s\n", loaded.TenancyID)
	for _, kind := range []struct {
		title string
		ids   map[string]string
	}{{"compartment", loaded.Compartments}, {"vault", loaded.Vaults}, {"secret", loaded.Secrets}} {
		for _, name := range slices.Sorted(maps.Keys(kind.ids)) {
			fmt.Fprintf(w, "%-12s %s  %s\n", kind.title, kind.ids[name], name)
		}
	}
	fmt.Fprint(w, "\nready; end it with Ctrl-C\n")
}
