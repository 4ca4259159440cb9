// Package resource stands in for the names of a hosted service that a server on
// loopback never calls.
package resource

import "errors"

// Resource is empty.
type Resource struct{}

// FromString always fails.
func FromString(string) (Resource, error) {
	return Resource{}, errors.New("the embedded server has no link to a hosted service")
}
