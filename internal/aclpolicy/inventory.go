package aclpolicy

import (
	"slices"
	"strings"
)

// inventory is what may be asked for of the secrets that are there.
type inventory struct {
	paths  []string        // as they were given
	places map[string]bool // each of their endpoints and folders
}

func newInventory(facts Facts) inventory {
	managed := inventory{places: map[string]bool{}}
	for _, path := range facts.Managed {
		path = strings.TrimPrefix(path, "/")
		managed.paths = append(managed.paths, path)
		managed.place(path)
		// Without knowing the mount, each "data" may be that of KV v2.
		segments := strings.Split(path, "/")
		for i, segment := range segments {
			if segment != "data" || i == 0 || i == len(segments)-1 {
				continue
			}
			for endpoint := range endpoints {
				segments[i] = endpoint
				managed.place(strings.Join(segments, "/"))
			}
			segments[i] = segment
		}
	}
	return managed
}

// place notes a path and the folders above it, which can be listed.
func (m inventory) place(path string) {
	for m.places[path] = true; ; m.places[path] = true {
		at := strings.LastIndex(strings.TrimSuffix(path, "/"), "/")
		if at < 0 || m.places[path[:at+1]] {
			return
		}
		path = path[:at+1]
	}
}

// covers reports whether a path stands for something that is there.
func (m inventory) covers(path string) bool {
	path = anyTemplate(path)
	if m.places[path] || m.places[path+"/"] {
		return true
	}
	if !strings.HasSuffix(path, "*") && !slices.Contains(strings.Split(path, "/"), "+") {
		return false
	}
	for place := range m.places {
		if matches(path, place) {
			return true
		}
	}
	return false
}
