package provider_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every folder below examples/ that holds a configuration is valid, whoever adds
// it. Each folder is one configuration, except those of single objects.
func TestExamples_FoldersAreValid(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "examples")
	folders := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".tf" {
			return err
		}
		content, err := os.ReadFile(path)
		folder, _ := filepath.Rel(root, filepath.Dir(path))
		folders[folder] += string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"inventory", "lifecycle", "lke/openbao", "ci/terraform"} {
		if folders[filepath.FromSlash(folder)] == "" {
			t.Errorf("%s has no configuration", folder)
		}
	}
	// Those that other tests validate, since they are made of objects or functions.
	objects := []string{"resources", "data-sources", "ephemeral-resources", "functions"}
	for folder, config := range folders {
		kind, _, _ := strings.Cut(filepath.ToSlash(folder), "/")
		if slices.Contains(objects, kind) {
			continue
		}
		t.Run(filepath.ToSlash(folder), func(t *testing.T) { validate(t, config) })
	}
}
