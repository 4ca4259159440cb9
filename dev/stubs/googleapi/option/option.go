// Package option stands in for the options of Google's API clients, which a
// server on loopback never calls.
package option

import "net/http"

// ClientOption is empty: no client takes it.
type ClientOption any

// WithUserAgent ignores its argument.
func WithUserAgent(string) ClientOption { return nil }

// WithHTTPClient ignores its argument.
func WithHTTPClient(*http.Client) ClientOption { return nil }
