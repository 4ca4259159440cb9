package aclpolicy

import (
	"slices"
	"strings"
)

// matches reports whether a path of a policy stands for a path of a request: an
// asterisk at its end for any rest, a segment + for any one segment.
func matches(pattern, path string) bool {
	pattern, isPrefix := strings.CutSuffix(pattern, "*")
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(got) < len(want) || !isPrefix && len(got) > len(want) {
		return false
	}
	for i, segment := range want {
		switch {
		case isPrefix && i == len(want)-1:
			return strings.HasPrefix(got[i], segment)
		case segment != "+" && segment != got[i]:
			return false
		}
	}
	return true
}

// anyTemplate puts the wildcard + for each segment with a template, whose value
// only a login knows.
func anyTemplate(pattern string) string {
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		if strings.Contains(segment, "{{") {
			segments[i] = "+"
		}
	}
	return strings.Join(segments, "/")
}

// wildcardIn reports whether a segment is or has a wildcard.
func wildcardIn(segment string) bool { return segment == "+" || strings.HasSuffix(segment, "*") }

// firstSegment is what stands before the first slash.
func firstSegment(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// nearest is the candidate that needs the fewest edits, unless that is more than
// a third of its letters, folders in common not counted; "" when there is none.
func nearest(text string, candidates []string) string {
	best, found := 0, ""
	for _, candidate := range candidates {
		if apart := len(text) - len(candidate); max(apart, -apart)*3 > len(candidate) {
			continue
		}
		edits := distance(text, candidate)
		if edits*3 <= len(candidate)-sharedFolders(text, candidate) && (found == "" || edits < best) {
			best, found = edits, candidate
		}
	}
	return found
}

// sharedFolders is how long the folders are that two paths have in common.
func sharedFolders(a, b string) int {
	shared := 0
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		if a[i] == '/' {
			shared = i + 1
		}
	}
	return shared
}

// distance counts the bytes to insert, remove or replace, or neighbours to swap.
func distance(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	var before, last []int
	next := make([]int, len(b)+1)
	for j := range next {
		next[j] = j
	}
	for i := range len(a) {
		before, last, next = last, next, make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(last[j]+cost, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
	}
	return next[len(b)]
}

// sentence joins words: "a, b and c".
func sentence(words []string) string {
	words = slices.Compact(slices.Clone(words))
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
