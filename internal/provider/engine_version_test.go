package provider_test

import (
	"regexp"
	"strconv"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

var terraformVersion = regexp.MustCompile(`Terraform v1\.(\d+)\.`)

// isTerraform tells whether the command line of this run is Terraform 1.minor or
// later.
func isTerraform(h *acctest.Harness, minor int) bool {
	h.Helper()
	found := terraformVersion.FindStringSubmatch(h.CLI("version").Output)
	if found == nil {
		return false
	}
	version, err := strconv.Atoi(found[1])
	return err == nil && version >= minor
}
