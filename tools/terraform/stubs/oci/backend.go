// Package oci stands in for a backend that no test uses.
package oci

import "github.com/hashicorp/terraform/internal/backend"

// New is never called.
func New() backend.Backend { return nil }
