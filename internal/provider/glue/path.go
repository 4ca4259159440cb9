package glue

import (
	"net/url"
	"strings"
)

// EscapePath makes a path fit for a URL, slashes kept.
func EscapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}
