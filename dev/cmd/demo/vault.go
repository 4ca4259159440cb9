package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// vault is the emulated OCI Vault, with the contents that it was given: to
// compare with, and to look for where they must not be.
type vault struct {
	oci      *acctest.OCI
	ids      map[string]string
	contents map[string][]string // by name, version 1 first
	leaving  map[string]bool     // the names whose deletion is scheduled
}

func newVault(oci *acctest.OCI) (*vault, error) {
	ids, err := oci.SeedGuide()
	if err != nil {
		return nil, err
	}
	return &vault{oci: oci, ids: ids, leaving: map[string]bool{}, contents: map[string][]string{
		"cloud_provider_a": {acctest.GuideSecretA},
		"cloud_provider_b": {acctest.GuideSecretB},
		"cloud_provider_c": {acctest.GuideSecretC},
	}}, nil
}

func (v *vault) names() []string { return slices.Sorted(maps.Keys(v.ids)) }

func (v *vault) id(name string) (string, error) {
	id, known := v.ids[name]
	if !known {
		return "", fmt.Errorf("there is no secret %q; there are %s", name, strings.Join(v.names(), ", "))
	}
	return id, nil
}

// add makes a new secret.
func (v *vault) add(name, content string) error {
	id, err := v.oci.Secret(name, []byte(content))
	if err != nil {
		return err
	}
	v.ids[name], v.contents[name] = id, []string{content}
	return nil
}

// rotate makes a new version and returns its number. Without content the same
// fields get new values.
func (v *vault) rotate(name, content string) (int64, error) {
	id, err := v.id(name)
	if err != nil {
		return 0, err
	}
	if content == "" {
		content = renew(v.current(name))
	}
	number, err := v.oci.AddVersion(id, []byte(content))
	if err == nil {
		v.contents[name] = append(v.contents[name], content)
	}
	return number, err
}

// renew gives every field of a JSON object a new value; other content is
// replaced as a whole.
func renew(content string) string {
	fields := fieldsOf(content)
	if len(fields) == 0 {
		return rand.Text()
	}
	for name := range fields {
		fields[name] = rand.Text()
	}
	renewed, err := json.Marshal(fields)
	if err != nil {
		return rand.Text()
	}
	return string(renewed)
}

// current is the content of the newest version.
func (v *vault) current(name string) string {
	versions := v.contents[name]
	if len(versions) == 0 {
		return ""
	}
	return versions[len(versions)-1]
}

// values are all that was ever in a field of a secret.
func (v *vault) values() []string {
	var values []string
	for _, versions := range v.contents {
		for _, content := range versions {
			values = append(values, slices.Collect(maps.Values(fieldsOf(content)))...)
		}
	}
	return values
}

// fieldsOf are the fields of a JSON object of strings; nil for other content.
func fieldsOf(content string) map[string]string {
	var fields map[string]string
	if json.Unmarshal([]byte(content), &fields) != nil {
		return nil
	}
	return fields
}

// masked lists fields, sorted, with stars for their values.
func masked(fields map[string]string) string {
	var shown []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		shown = append(shown, fmt.Sprintf("%s = ******** (%d bytes)", name, len(fields[name])))
	}
	return strings.Join(shown, ", ")
}
