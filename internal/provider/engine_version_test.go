package provider_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

var terraformVersion = regexp.MustCompile(`Terraform v1\.(\d+)\.`)

// isTerraform tells whether the command line of this run is Terraform 1.minor or
// later.
func isTerraform(h *acctest.Harness, minor int) bool {
	h.Helper()
	return terraformMinor(h, h.Work) >= minor
}

// terraformMinor is the minor version of Terraform 1, or 0 of another command line.
func terraformMinor(t testing.TB, work *acctest.Workspace) int {
	t.Helper()
	run, err := work.CLI(t.Context(), "version")
	if err != nil {
		t.Fatal(err)
	}
	found := terraformVersion.FindStringSubmatch(run.Output)
	if found == nil {
		return 0
	}
	minor, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return minor
}
