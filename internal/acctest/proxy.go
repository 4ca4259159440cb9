package acctest

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Proxy stands between the provider and the server: it records requests, and
// can break them.
type Proxy struct {
	URL      string
	mu       sync.Mutex
	requests []Request
	before   func(Request) bool
	after    func(Request) bool
	server   *http.Server
}

// Request is a request that came through the proxy. Bodies are not kept.
type Request struct {
	Method string
	Path   string // below /v1/
	Status int    // 0 when the connection was dropped
	Header http.Header
}

// Writes reports whether the request could change something on the server.
// Logging in and looking up by POST do not count.
func (r Request) Writes() bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, "LIST":
		return false
	}
	loggingIn := strings.HasPrefix(r.Path, "auth/") && strings.HasSuffix(r.Path, "/login")
	return !strings.HasPrefix(r.Path, "sys/capabilities") && !strings.HasSuffix(r.Path, "/lookup") &&
		!loggingIn && !strings.HasPrefix(r.Path, "auth/token/")
}

// StartProxy serves a proxy on loopback until the context is done.
func StartProxy(ctx context.Context, target string) (*Proxy, error) {
	return startProxy(ctx, target, &http.Transport{})
}

// StartProxyTrusting is StartProxy for a server with TLS, whose authority is in a
// file. The proxy itself is without.
func StartProxyTrusting(ctx context.Context, target, caCertFile string) (*Proxy, error) {
	transport, err := trusting(caCertFile)
	if err != nil {
		return nil, err
	}
	return startProxy(ctx, target, transport)
}

func startProxy(ctx context.Context, target string, transport *http.Transport) (*Proxy, error) {
	transport.MaxIdleConnsPerHost = 64
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	proxy := &Proxy{URL: "http://" + listener.Addr().String()}
	forward := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = to.Host },
		Transport: transport,
	}
	forward.ModifyResponse = func(answer *http.Response) error {
		proxy.record(answer.Request, answer.StatusCode)
		return nil
	}
	proxy.server = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			request := describe(r)
			if hook := proxy.hook(&proxy.before); hook != nil && hook(request) {
				proxy.record(r, 0)
				panic(http.ErrAbortHandler)
			}
			if hook := proxy.hook(&proxy.after); hook != nil {
				answered := &droppable{ResponseWriter: w}
				forward.ServeHTTP(answered, r)
				if hook(request) {
					panic(http.ErrAbortHandler)
				}
				answered.flush()
				return
			}
			forward.ServeHTTP(w, r)
		}),
	}
	context.AfterFunc(ctx, func() { _ = proxy.server.Close() })
	go func() { _ = proxy.server.Serve(listener) }()
	return proxy, nil
}

// droppable keeps an answer back until it is known whether it will be dropped.
type droppable struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (d *droppable) WriteHeader(status int) { d.status = status }

func (d *droppable) Write(p []byte) (int, error) {
	d.body = append(d.body, p...)
	return len(p), nil
}

func (d *droppable) flush() {
	if d.status != 0 {
		d.ResponseWriter.WriteHeader(d.status)
	}
	_, _ = d.ResponseWriter.Write(d.body)
}

func describe(r *http.Request) Request {
	method := r.Method
	if method == http.MethodGet && r.URL.Query().Get("list") == "true" {
		method = "LIST"
	}
	return Request{Method: method, Path: strings.TrimPrefix(r.URL.Path, "/v1/"), Header: r.Header.Clone()}
}

func (p *Proxy) record(r *http.Request, status int) {
	request := describe(r)
	request.Status = status
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, request)
}

func (p *Proxy) hook(which *func(Request) bool) func(Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *which
}

// Before sets a hook that runs before a request is passed on; true drops the
// connection instead. Nil removes it.
func (p *Proxy) Before(hook func(Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = hook
}

// After sets a hook that runs when the server has answered; true drops the
// connection before the answer is passed back. Nil removes it.
func (p *Proxy) After(hook func(Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = hook
}

// Requests are the requests so far.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Writes are the requests so far that could change something.
func (p *Proxy) Writes() []Request {
	var writes []Request
	for _, request := range p.Requests() {
		if request.Writes() {
			writes = append(writes, request)
		}
	}
	return writes
}

// Reset forgets the requests so far.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}
