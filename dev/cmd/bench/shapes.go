package main

import (
	"fmt"
	"slices"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// shape is a way to write a migration down.
type shape struct {
	name    string
	forEach bool
	// workers is how many secrets are under way at once: in the provider, or in
	// the engine, which then has an instance each. The bare loop has as many.
	workers int
	// aim is the most that the provider may take, in units of the bare loop and
	// the engine together.
	aim float64
}

var (
	bulk    = shape{name: "bulk", workers: 16, aim: 1.3}
	forEach = shape{name: "for_each", forEach: true, workers: 10, aim: 1.5}
	shapes  = []shape{bulk, forEach}
)

func (s shape) measures(size int) bool { return !s.forEach || size <= mostForEach }

// what is a thing that is measured.
type what string

// The provider, and the floors below it: what is requested, the engine with a
// resource of its own, and the engine with a provider that only echoes.
const (
	theProvider what = "provider"
	theLoop     what = "loop"
	theEngine   what = "engine"
	theEcho     what = "echo"
)

// step is what is done with it.
type step string

// The steps, in the order in which they are done.
const (
	apply       step = "first apply"
	planNothing step = "plan, no change"
	planSome    step = "plan, 1 % changed"
)

var steps = []step{apply, planNothing, planSome}

// arguments are those of the CLI, and the exit code that is right.
func (s step) arguments() ([]string, int) {
	switch s {
	case planNothing:
		return []string{"plan", "-input=false", "-no-color", "-detailed-exitcode"}, 0
	case planSome:
		return []string{"plan", "-input=false", "-no-color", "-detailed-exitcode"}, 2
	}
	return []string{"apply", "-input=false", "-no-color", "-auto-approve"}, 0
}

const variables = `
variable "mount" {
  type = string
}

variable "secrets" {
  type = map(string)
}
`

// configuration is the same for every size: the pins come from a file of
// variables, so that neither reading an inventory nor an expression is measured.
func (s shape) configuration(of what, oci *acctest.OCI, address string) string {
	resource := `
resource "terraform_data" "all" {
  input = var.secrets
}
`
	switch {
	case of == theEngine && s.forEach:
		resource = `
resource "terraform_data" "all" {
  for_each = var.secrets
  input    = each.value
}
`
	case of != theEngine && s.forEach:
		resource = `
resource "ocibao_migrated_secret" "all" {
  for_each       = var.secrets
  secret_id      = split("@", each.value)[0]
  version_number = tonumber(split("@", each.value)[1])
  mount          = var.mount
  name           = each.key
}
`
	case of != theEngine:
		resource = `
resource "ocibao_migration" "all" {
  mount   = var.mount
  secrets = var.secrets
}
`
	}
	if of != theEngine {
		resource = acctest.ProviderBlock(oci, address, "") + resource
	}
	return variables + resource
}

// pins are those of the first secrets. Of each hundred, one is pinned to a second
// version when some are to have changed.
func pins(ids []string, some bool) map[string]string {
	pinned := make(map[string]string, len(ids))
	for i, id := range ids {
		version := 1
		if some && changes(i) {
			version = 2
		}
		pinned[secretName(i)] = fmt.Sprintf("%s@%d", id, version)
	}
	return pinned
}

func changes(i int) bool { return i%100 == 0 }

func secretName(i int) string { return fmt.Sprintf("app-%05d", i) }

// contains reports whether a shape is among those that are measured.
func (o options) contains(s shape) bool { return slices.Contains(o.shapes, s) }
