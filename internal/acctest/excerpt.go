package acctest

import (
	"regexp"
	"strings"
)

// PlanSections cuts the text of a plan into those of its objects, by address.
func PlanSections(text string) map[string]string {
	found := map[string]string{}
	_, text, _ = strings.Cut(text, " will perform the following actions:\n")
	text, _, _ = strings.Cut(text, "\nPlan: ")
	for _, part := range strings.Split("\n"+text, "\n  # ocibao_")[1:] {
		part = "  # ocibao_" + strings.TrimRight(part, "\n")
		address, _, _ := strings.Cut(strings.TrimPrefix(part, "  # "), " ")
		found[address] = part
	}
	return found
}

// Steady makes equal what differs from run to run and between command lines, so
// that a part of a plan can be shown in the documentation.
func Steady(text string) string {
	for _, varying := range varyings {
		text = varying.pattern.ReplaceAllString(text, varying.steady)
	}
	return text
}

var varyings = []struct {
	pattern *regexp.Regexp
	steady  string
}{
	{regexp.MustCompile(`(ocid1\.vaultsecret\.oc1\.[a-z0-9-]+)\.a[a-z0-9]{20,}`), "$1.example"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "2026-03-01T02:00:00Z"},
	{regexp.MustCompile(`\n *# \(\d+ unchanged attributes? hidden\)`), ""},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "0d54a3e1-7c5b-4a7e-9b57-2f6c1b8a3d90"},
}
