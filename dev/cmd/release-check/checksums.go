package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checksums checks that the list covers everything that is published, that each
// line is right, and that the signature is of this list by the key.
func (c *check) checksums(ctx context.Context) error {
	list := filepath.Join(c.dist(), c.artifact("SHA256SUMS"))
	content, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var got []string
	for line := range strings.Lines(string(content)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		got = append(got, name)
		path := filepath.Join(c.dist(), name)
		if name == c.artifact("manifest.json") {
			path = filepath.Join(c.root, "terraform-registry-manifest.json")
		}
		if err := hasSum(path, sum); err != nil {
			return err
		}
	}
	want := []string{c.artifact("manifest.json")}
	for _, platform := range platforms {
		want = append(want, c.artifact(platform+".zip"), c.artifact(platform+".cdx.json"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the list has %q, want %q", got, want)
	}
	if _, err := c.run(ctx, c.root, "gpg", "--batch", "--verify", list+".sig", list); err != nil {
		return err
	}
	return c.refusesAnotherList(ctx, list, content)
}

// refusesAnotherList makes sure that the signature is one over the whole list.
func (c *check) refusesAnotherList(ctx context.Context, list string, content []byte) error {
	other := filepath.Join(c.temp, "other")
	if err := os.WriteFile(other, append(content, '\n'), 0o600); err != nil {
		return err
	}
	if _, err := c.run(ctx, c.root, "gpg", "--batch", "--verify", list+".sig", other); err == nil {
		return fmt.Errorf("the signature fits another list too")
	}
	return nil
}

func hasSum(path, want string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%s has the checksum %s, the list says %s", filepath.Base(path), got, want)
	}
	return nil
}

// sboms checks that each platform's SBOM names the version released and the
// libraries that matter most.
func (c *check) sboms(context.Context) error {
	for _, platform := range platforms {
		name := c.artifact(platform + ".cdx.json")
		content, err := os.ReadFile(filepath.Join(c.dist(), name))
		if err != nil {
			return err
		}
		if err := c.sbom(content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c *check) sbom(content []byte) error {
	type component struct{ Name, Version string }
	var sbom struct {
		BOMFormat  string `json:"bomFormat"`
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal(content, &sbom); err != nil {
		return err
	}
	if sbom.BOMFormat != "CycloneDX" || sbom.Metadata.Component.Version != "v"+version {
		return fmt.Errorf("it is a %q of version %q", sbom.BOMFormat, sbom.Metadata.Component.Version)
	}
	for _, library := range []string{"std", "github.com/oracle/oci-go-sdk/v65", "github.com/openbao/openbao/api/v2", "github.com/hashicorp/terraform-plugin-framework"} {
		if !slices.ContainsFunc(sbom.Components, func(part component) bool { return part.Name == library && part.Version != "" }) {
			return fmt.Errorf("it does not name %s", library)
		}
	}
	return nil
}
