package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Standby behaves like a standby of OpenBao in front of a server: it passes
// writes on, and answers reads from a copy that is behind by StaleTime. For
// UpgradeTime after a KV v2 mount appeared it refuses everything below it.
type Standby struct {
	URL         string
	StaleTime   time.Duration
	UpgradeTime time.Duration
	target      string
	client      *http.Client

	mu       sync.Mutex
	answers  map[string]reading   // the last true answer to each read
	written  map[string]time.Time // object to its last write
	upgraded map[string]time.Time // KV v2 mount to the end of its upgrade
	stale    int
	refused  int
}

// reading is a read with its answer.
type reading struct {
	method, path, query string // path below /v1/
	body                []byte
	header              http.Header
	status              int
	content             []byte
}

// StartStandby serves a standby of the server at target on loopback until the
// context is done.
func StartStandby(ctx context.Context, target string) (*Standby, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	standby := &Standby{
		URL: "http://" + listener.Addr().String(), StaleTime: 600 * time.Millisecond, UpgradeTime: time.Second,
		target: target, client: &http.Client{Timeout: 30 * time.Second},
		answers: map[string]reading{}, written: map[string]time.Time{}, upgraded: map[string]time.Time{},
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: standby}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return standby, nil
}

// Stale is how many reads were answered with what was no longer true.
func (s *Standby) Stale() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale
}

// Refused is how many requests were refused for the upgrade of a mount.
func (s *Standby) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// ServeHTTP answers as a standby does.
func (s *Standby) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	asked := reading{method: r.Method, path: strings.TrimPrefix(r.URL.Path, "/v1/"), query: r.URL.RawQuery, body: body, header: r.Header}
	switch {
	case s.upgrading(asked.path):
		asked.answer(http.StatusBadRequest, "Waiting for the primary to upgrade from non-versioned to versioned data. "+
			"This backend will be unavailable for a brief period and will resume service shortly.")
	case asked.alwaysFresh():
		err = s.ask(r.Context(), &asked)
	case asked.reads():
		err = s.read(r.Context(), &asked)
	default:
		err = s.write(r.Context(), &asked)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(asked.status)
	_, _ = w.Write(asked.content)
}

// read answers from the copy for a while after the object was written.
func (s *Standby) read(ctx context.Context, asked *reading) error {
	s.mu.Lock()
	former, known := s.answers[asked.key()]
	lagging := s.lagging(asked.object())
	s.mu.Unlock()
	if err := s.ask(ctx, asked); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !lagging {
		s.answers[asked.key()] = *asked
		return nil
	}
	if !known {
		former.unknown(asked.path)
	}
	if former.status != asked.status || !bytes.Equal(former.data(), asked.data()) {
		s.stale++
	}
	asked.status, asked.content = former.status, former.content
	return nil
}

// write passes a request on, after noting what reads of the object give until
// the copy has caught up.
func (s *Standby) write(ctx context.Context, asked *reading) error {
	object := asked.object()
	s.mu.Lock()
	known := slices.Collect(maps.Values(s.answers))
	behind := s.lagging(object)
	s.mu.Unlock()
	if !behind {
		for _, former := range append(known, asked.reflections()...) {
			if !related(former.object(), object) {
				continue
			}
			former.header = asked.header.Clone()
			former.header.Del("X-Vault-Wrap-Ttl")
			if err := s.ask(ctx, &former); err != nil {
				return err
			}
			s.mu.Lock()
			s.answers[former.key()] = former
			s.mu.Unlock()
		}
	}
	if err := s.ask(ctx, asked); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked.status >= 300 {
		return nil
	}
	s.written[object] = time.Now()
	if mount, found := strings.CutPrefix(object, "sys/mounts/"); found && asked.method == http.MethodPost && bytes.Contains(asked.body, []byte(`"version":"2"`)) {
		s.upgraded[mount] = time.Now().Add(s.UpgradeTime)
	}
	return nil
}

// lagging reports whether the copy is behind for an object. The lock is held.
func (s *Standby) lagging(object string) bool {
	for other, at := range s.written {
		if related(object, other) && time.Since(at) < s.StaleTime {
			return true
		}
	}
	return false
}

func (s *Standby) upgrading(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for mount, end := range s.upgraded {
		if strings.HasPrefix(path, mount+"/") && time.Now().Before(end) {
			s.refused++
			return true
		}
	}
	return false
}

// ask puts a request to the server and keeps its answer.
func (s *Standby) ask(ctx context.Context, asked *reading) error {
	url := s.target + "/v1/" + asked.path
	if asked.query != "" {
		url += "?" + asked.query
	}
	request, err := http.NewRequestWithContext(ctx, asked.method, url, bytes.NewReader(asked.body))
	if err != nil {
		return err
	}
	request.Header = asked.header.Clone()
	request.Header.Del("Accept-Encoding")
	answer, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	asked.status = answer.StatusCode
	asked.content, err = io.ReadAll(answer.Body)
	return err
}

func (r *reading) key() string {
	return strings.Join([]string{r.method, r.path, r.query, string(r.body)}, "\x00")
}

// reads reports a request that a standby answers itself: looking up by POST is
// one.
func (r *reading) reads() bool {
	return r.method == http.MethodGet || r.method == "LIST" || strings.HasSuffix(r.path, "/lookup")
}

// alwaysFresh reports what has nothing to do with what is stored.
func (r *reading) alwaysFresh() bool {
	return strings.HasPrefix(r.path, "auth/token/") || strings.HasSuffix(r.path, "/login") || r.path == "sys/health"
}

// object names what a request is about, under whichever path.
func (r *reading) object() string {
	for _, form := range []struct{ from, to string }{
		{"sys/internal/ui/mounts/", "sys/mounts/"}, {"/data/", "/"}, {"/metadata/", "/"}, {"/secret-id-accessor/", "/secret-id/"},
	} {
		if before, after, found := strings.Cut(r.path, form.from); found {
			r = &reading{path: before + form.to + after}
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(r.path, "/tune"), "/metadata")
}

// related reports whether a write of one object shows in a read of the other:
// they are the same, one holds the other, or one is the mount of the other.
func related(one, other string) bool {
	within := func(a, b string) bool { return a == b || strings.HasPrefix(a, b+"/") }
	if mount, found := strings.CutPrefix(other, "sys/mounts/"); found && within(one, mount) {
		return true
	}
	if mount, found := strings.CutPrefix(other, "sys/auth/"); found && within(one, "auth/"+mount) {
		return true
	}
	return within(one, other) || within(other, one)
}

// reflections are reads that show a write, to ask before it is made.
func (r *reading) reflections() []reading {
	object := r.object()
	paths, folder := []string{object}, object
	if mount, found := strings.CutPrefix(object, "sys/mounts/"); found {
		paths = append(paths, "sys/internal/ui/mounts/"+mount)
	}
	for _, half := range []string{"/data/", "/metadata/"} {
		if mount, name, found := strings.Cut(r.path, half); found {
			paths, folder = []string{mount + "/data/" + name, mount + "/metadata/" + name}, mount+"/metadata/"+name
		}
	}
	if strings.HasPrefix(object, "auth/") && strings.Count(object, "/") == 3 {
		paths = append(paths, object+"/role-id")
	}
	var all []reading
	for _, path := range paths {
		all = append(all, reading{method: http.MethodGet, path: path})
	}
	for at := strings.LastIndex(folder, "/"); at > 0; at = strings.LastIndex(folder, "/") {
		folder = folder[:at]
		all = append(all, reading{method: http.MethodGet, path: folder, query: "list=true"})
	}
	return all
}

// unknown is the answer about what the copy has never seen.
func (r *reading) unknown(path string) {
	switch {
	case strings.Contains(path, "/data/"), strings.Contains(path, "/metadata"):
		r.answer(http.StatusNotFound)
	case strings.HasSuffix(path, "/secret-id-accessor/lookup"):
		r.answer(http.StatusNotFound, "failed to find accessor entry for secret_id_accessor")
	default:
		r.answer(http.StatusNotFound, "no handler for route \""+path+"\". route entry not found.")
	}
}

func (r *reading) answer(status int, messages ...string) {
	r.status = status
	r.content, _ = json.Marshal(map[string][]string{"errors": append([]string{}, messages...)})
}

// data is what an answer says, without the ID of the request.
func (r *reading) data() []byte {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(r.content, &envelope)
	return envelope.Data
}
