package aclpolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// probe stands for a secret that nobody thought of.
const probe = "\x00"

// endpoints are what KV v2 has below a mount for each secret, with the
// capabilities that have an effect there.
var endpoints = map[string][]string{
	"data":              {"create", "read", "update", "patch", "delete"},
	"delete":            {"create", "update"},
	"destroy":           {"create", "update"},
	"detailed-metadata": {"list", "scan"},
	"metadata":          {"create", "read", "update", "patch", "delete", "list", "scan"},
	"subkeys":           {"read"},
	"undelete":          {"create", "update"},
}

// built are the first segments that are no mounts of secrets.
var built = []string{"auth", "cubbyhole", "identity", "sys"}

// reach looks at which requests the path stands for.
func (l *linter) reach() {
	path := l.at.path
	if mount, rest, inside := l.mountOf(path); inside {
		l.inside(mount, rest)
		return
	}
	if len(l.at.grants()) == 0 {
		return
	}
	if reached := l.reached(path); len(reached) > 0 || wildcardIn(firstSegment(path)) {
		l.above(reached)
		return
	}
	first, rest, _ := strings.Cut(path, "/")
	switch {
	case !strings.HasPrefix(rest, "*") && rest != "+/*":
		l.unmanaged(firstSegment)
	case slices.Contains(built, first):
		l.warn("grants %s on everything below %s: name the endpoints that are needed", l.granted(), first+"/")
	default:
		l.warn("grants %s on everything in the mount: on each secret, also future ones, and on KV v2 on data, metadata, delete, undelete and destroy of each. "+
			"Name the secrets instead, such as %q, on KV v2 %q", l.granted(), first+"/<name>", first+"/data/<name>")
	}
}

// mountOf is the known mount that a path lies in, and what follows it.
func (l *linter) mountOf(path string) (mount, rest string, inside bool) {
	for each := range l.facts.Mounts {
		after, below := strings.CutPrefix(path, each+"/")
		if (below || path == each) && (!inside || len(each) > len(mount)) {
			mount, rest, inside = each, after, true
			if !below {
				rest = ""
			}
		}
	}
	return mount, rest, inside
}

// reached are the known mounts that a path outside of them stands for, sorted.
func (l *linter) reached(path string) []string {
	var found []string
	segments := strings.Split(path, "/")
	for mount := range l.facts.Mounts {
		deep := strings.Count(mount, "/") + 1
		if matches(path, mount+"/"+probe) || len(segments) > deep && matches(strings.Join(segments[:deep], "/"), mount) {
			found = append(found, mount)
		}
	}
	slices.Sort(found)
	return found
}

func (l *linter) above(reached []string) {
	switch {
	case l.at.path == "*":
		l.warn("grants %s on every path of the server: name the paths that are needed", l.granted())
	case len(reached) > 0:
		l.warn("has a wildcard above a mount and grants %s in %s and in every mount to come that fits: write the path of one mount in its place", l.granted(), sentence(reached))
	default:
		l.warn("has a wildcard above a mount and grants %s in every mount that fits: write the path of one mount in its place", l.granted())
	}
}

// inside looks at a path in a known mount.
func (l *linter) inside(mount, rest string) {
	if l.facts.Mounts[mount] == 2 {
		if l.insideV2(mount, rest) {
			return
		}
	} else if l.insideV1(mount, rest) {
		return
	}
	l.unmanaged(func(path string) string {
		other, _, _ := l.mountOf(path)
		return other
	})
}

// insideV1 reports whether it found something.
func (l *linter) insideV1(mount, rest string) bool {
	first, below, _ := strings.Cut(rest, "/")
	if (first == "data" || first == "metadata") && !l.managed.covers(l.at.path) {
		l.bad("has %s/, but %s is KV v1, where it would be a folder of that name: write %q", first, mount, mount+"/"+below)
		return true
	}
	if len(l.at.grants()) > 0 && matches(l.at.path, mount+"/"+probe) {
		l.warn("grants %s on every secret of the KV v1 mount %s, also future ones: %s", l.granted(), mount, l.name(mount, mount+"/<name>"))
		return true
	}
	return false
}

// insideV2 reports whether it found something.
func (l *linter) insideV2(mount, rest string) bool {
	first, below, _ := strings.Cut(rest, "/")
	grants := l.at.grants()
	lists := len(grants) > 0 && !slices.ContainsFunc(grants, func(name string) bool { return name != capabilityList && name != capabilityScan })
	switch {
	case rest == "config":
		return true
	case rest == "+" || !slices.ContainsFunc(slices.Collect(maps.Keys(endpoints)), func(name string) bool { return matches(anyTemplate(first), name) }):
		place := "data"
		if lists || strings.HasSuffix(rest, "/") || rest == "" {
			place = "metadata"
		}
		l.bad("matches no secret: %s is KV v2, which has values below data/ and names below metadata/. Write %q", mount, mount+"/"+place+"/"+rest)
		return true
	case l.whole(mount, lists):
		return true
	case first == "data" && (slices.Contains(grants, capabilityList) || slices.Contains(grants, capabilityScan)):
		folder := below[:strings.LastIndex(below, "/")+1]
		l.warn("grants list or scan, which KV v2 has below metadata/ only: remove it, or grant it on %q", mount+"/metadata/"+folder)
		return true
	}
	return false
}

// whole finds a path that stands for every secret of a KV v2 mount. To list all
// names by metadata/ is no more than it says.
func (l *linter) whole(mount string, lists bool) bool {
	var wide []string
	for _, endpoint := range slices.Sorted(maps.Keys(endpoints)) {
		effective := slices.ContainsFunc(l.at.grants(), func(name string) bool { return slices.Contains(endpoints[endpoint], name) })
		if effective && matches(l.at.path, mount+"/"+endpoint+"/"+probe) {
			wide = append(wide, endpoint)
		}
	}
	var fix string
	switch {
	case len(wide) == 0 || lists && len(wide) == 1:
		return false
	case lists:
		fix = fmt.Sprintf("name the folders instead, such as %q", mount+"/metadata/<folder>/")
	case len(wide) == 1:
		fix = l.name(mount, mount+"/"+wide[0]+"/<name>")
	default:
		fix = l.name(mount, mount+"/data/<name>")
	}
	l.warn("grants %s on %s of every secret of the KV v2 mount %s, also future ones: %s", l.granted(), sentence(wide), mount, fix)
	return true
}

// name tells to name secrets, and one of them.
func (l *linter) name(mount, form string) string {
	first, _, _ := strings.Cut(form, "<")
	if at := slices.IndexFunc(l.managed.paths, func(path string) bool { return strings.HasPrefix(path, first) }); at >= 0 {
		form = l.managed.paths[at]
	}
	return fmt.Sprintf("name them instead, such as %q, or use kv_read of ocibao_policy_document", form)
}

// unmanaged finds a path that fits none of the secrets that are known in its
// neighbourhood.
func (l *linter) unmanaged(neighbourhood func(path string) string) {
	path := l.at.path
	if len(l.at.grants()) == 0 || l.managed.covers(path) {
		return
	}
	here := neighbourhood(path)
	var near []string
	for _, each := range l.managed.paths {
		if neighbourhood(each) == here {
			near = append(near, l.likewise(path, each))
		}
	}
	if len(near) == 0 {
		return
	}
	fix := "correct the path, or remove the block"
	if meant := nearest(path, near); meant != "" {
		fix = fmt.Sprintf("write %q, or remove the block", meant)
	}
	l.warn("matches none of the secrets that are managed: %s", fix)
}

// likewise is the path of a secret with the endpoint of another path.
func (l *linter) likewise(path, managed string) string {
	mount, rest, inside := l.mountOf(path)
	name, isValue := strings.CutPrefix(managed, mount+"/data/")
	if !inside || !isValue || l.facts.Mounts[mount] != 2 {
		return managed
	}
	return mount + "/" + firstSegment(rest) + "/" + name
}
