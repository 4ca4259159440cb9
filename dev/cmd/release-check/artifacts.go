package main

import (
	"archive/zip"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const project = "terraform-provider-ocibao"

// platforms are those that a release has, as the registries spell them.
var platforms = []string{
	"darwin_amd64", "darwin_arm64",
	"freebsd_386", "freebsd_amd64", "freebsd_arm", "freebsd_arm64",
	"linux_386", "linux_amd64", "linux_arm", "linux_arm64",
	"windows_386", "windows_amd64", "windows_arm64",
}

// artifact is the name of a file of the release by its end.
func (c *check) artifact(end string) string { return project + "_" + version + "_" + end }

// artifacts checks that each platform has its archive and no other has one, and
// what is in them.
func (c *check) artifacts(context.Context) error {
	paths, err := filepath.Glob(filepath.Join(c.dist(), "*.zip"))
	if err != nil {
		return err
	}
	var got, want []string
	for _, path := range paths {
		got = append(got, filepath.Base(path))
	}
	for _, platform := range platforms {
		want = append(want, c.artifact(platform+".zip"))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the archives are %q, want %q", got, want)
	}
	for _, platform := range platforms {
		if err := c.archive(platform); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	return c.manifest()
}

// archive checks that a platform's archive holds the binary, built for it, and
// the licence.
func (c *check) archive(platform string) error {
	opened, err := zip.OpenReader(filepath.Join(c.dist(), c.artifact(platform+".zip")))
	if err != nil {
		return err
	}
	defer opened.Close()
	binary := c.binary(platform)
	var names []string
	for _, file := range opened.File {
		names = append(names, file.Name)
		if file.Name != binary {
			continue
		}
		if file.Mode().Perm() != 0o755 {
			return fmt.Errorf("the binary's mode is %v", file.Mode())
		}
		if err := builtFor(platform, file); err != nil {
			return err
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"LICENSE", binary}) {
		return fmt.Errorf("the archive holds %q", names)
	}
	return nil
}

// binary is the file name of a platform's binary.
func (c *check) binary(platform string) string {
	name := project + "_v" + version
	if strings.HasPrefix(platform, "windows_") {
		name += ".exe"
	}
	return name
}

// builtFor checks what a binary says about its own build.
func builtFor(platform string, file *zip.File) error {
	unpacked, err := os.CreateTemp("", "release-check-binary-")
	if err != nil {
		return err
	}
	defer os.Remove(unpacked.Name())
	defer unpacked.Close()
	reader, err := file.Open()
	if err != nil {
		return err
	}
	if _, err := io.Copy(unpacked, reader); err != nil {
		return err
	}
	info, err := buildinfo.Read(unpacked)
	if err != nil {
		return err
	}
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	if got := settings["GOOS"] + "_" + settings["GOARCH"]; got != platform {
		return fmt.Errorf("the binary is for %s", got)
	}
	if settings["-trimpath"] != "true" || settings["CGO_ENABLED"] != "0" {
		return errors.New("the binary was built with local paths or with cgo")
	}
	return nil
}

// manifest checks the registry manifest beside the archives: GoReleaser adds it
// to the checksums under the name that the registries look for.
func (c *check) manifest() error {
	content, err := os.ReadFile(filepath.Join(c.root, "terraform-registry-manifest.json"))
	if err != nil {
		return err
	}
	var manifest struct {
		Version  int `json:"version"`
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(content, &manifest); err != nil {
		return err
	}
	if manifest.Version != 1 || !slices.Equal(manifest.Metadata.ProtocolVersions, []string{protocol}) {
		return fmt.Errorf("the manifest is %s", content)
	}
	return nil
}

// nativeBinary finds the binary of this machine's platform below a directory.
func (c *check) nativeBinary(dir string) (string, error) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	return only(filepath.Join(dir, "dist", "*_"+platform+"*", c.binary(platform)))
}
