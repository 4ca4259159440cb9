package openbao

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/openbao/openbao/api/v2"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// maxAnswer bounds what is read of an answer; OpenBao itself takes requests of
// 32 MiB at most.
const maxAnswer = 64 << 20

// request is one call of the API.
type request struct {
	operation string // for messages: "KV v2 write"
	method    string
	namespace string // absolute
	path      string // below /v1/, not escaped
	params    url.Values
	body      migrate.Secret // JSON; empty for none
	// confidential says that messages must not repeat what the body holds.
	confidential bool
	// public are parts of a confidential body that messages may repeat.
	public  []string
	wrapTTL string
	// token replaces that of the session.
	token migrate.Secret
	// anonymous sends no token.
	anonymous bool
	// once says that the request must not be sent again when the server may
	// have acted on it.
	once bool
	// single turns all repetition off.
	single bool
	// stream takes the body of a successful answer as it comes, instead of the
	// answer; nothing is repeated once it has begun. It bounds the time without a
	// byte, not the whole.
	stream func(io.Reader) error
	// freshMount says that the mount was created just now, so that a standby
	// may not know it yet.
	freshMount bool
	// capabilities are what a policy must grant on the path.
	capabilities []string
	// policyPath is the path for that policy where it is not path.
	policyPath string
	// advice is what to check when the credentials of a login are refused.
	advice string
}

// answer is what the server said.
type answer struct {
	status   int
	header   http.Header
	raw      []byte
	envelope envelope
	// foreign says that the body is not JSON, as everything from OpenBao is.
	foreign bool
}

// envelope is the outer form of every answer; data stays raw so that numbers
// keep their digits.
type envelope struct {
	Data     json.RawMessage `json:"data"`
	Auth     json.RawMessage `json:"auth"`
	WrapInfo json.RawMessage `json:"wrap_info"`
	Errors   []string        `json:"errors"`
	Warnings []string        `json:"warnings"`
}

// has reports whether raw JSON is there and not null.
func has(raw json.RawMessage) bool {
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// decode reads the data of an answer. The cause is left out of the error: it
// can quote what was decoded.
func (a *answer) decode(r request, into any) error {
	if !has(a.envelope.Data) || json.Unmarshal(a.envelope.Data, into) != nil {
		return unexpected(r, "the data of the answer has another form than expected")
	}
	return nil
}

func unexpected(r request, what string) error {
	return &Error{Operation: r.operation, Path: r.path, Namespace: r.namespace, Err: errors.New(what)}
}

// jsonBody encodes v without escaping HTML characters.
func jsonBody(v any) migrate.Secret {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		// Only maps, structs, strings, numbers and valid raw JSON come here.
		panic(fmt.Sprintf("openbao: unable to encode a request body of type %T", v))
	}
	return migrate.NewSecret(bytes.TrimRight(buf.Bytes(), "\n"))
}

// do sends a request with the session's token. Where the server answered at
// all, the answer is returned, also together with an error.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	if r.anonymous || r.token.Len() > 0 {
		return c.send(ctx, r)
	}
	token, err := c.session.token(ctx)
	if err != nil {
		return nil, err
	}
	r.token = token
	a, err := c.send(ctx, r)
	if err == nil || a == nil || a.status != http.StatusForbidden {
		return a, err
	}
	// A refusal may mean that the token has ended, not that it lacks a right.
	if fresh, renewed := c.session.replace(ctx, token); renewed {
		r.token = fresh
		return c.send(ctx, r)
	}
	return a, err
}

// attempt is a request sent once, and what came of it.
type attempt struct {
	node   *node
	answer *answer // nil when none came
	err    error   // why
	// sent says that a connection was there, so that the server may have acted.
	sent bool
	// redirected says that the node sent the request on to another one.
	redirected bool
	// sealed says that the answer means a seal.
	sealed bool
}

// try sends a request once to a node.
func (c *Client) try(ctx context.Context, r request, n *node, timeout time.Duration) attempt {
	if (r.once || r.stream != nil) && !c.ready(ctx, n) {
		return attempt{node: n, err: errHangs}
	}
	if r.once && ctx.Err() == nil {
		var release context.CancelFunc
		ctx, release = lingering(ctx, lingerTime)
		defer release()
	}
	t := attempt{node: n}
	if r.stream != nil {
		t = c.tryStream(ctx, r, n)
	} else {
		t.exchange(ctx, c, r, timeout)
	}
	if t.err != nil && t.redirected {
		t.err = redirectError{t.err}
	}
	return t
}

// exchange sends the request and waits for the whole answer.
func (t *attempt) exchange(ctx context.Context, c *Client, r request, timeout time.Duration) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	limited, unwatch := c.watched(limited, t.node)
	defer unwatch()
	t.answer, t.err = c.exchange(t.traced(limited), r, t.node)
	switch {
	case t.err == nil, ctx.Err() != nil:
	case errors.Is(context.Cause(limited), errHangs):
		t.err = errHangs
	case limited.Err() != nil:
		t.err = fmt.Errorf("no answer within %s", timeout)
	}
}

// redirectError is how a request ends that a standby sent on to a leader that did
// not serve it.
type redirectError struct{ cause error }

// Error tells both.
func (e redirectError) Error() string {
	return "the node sent the request on to a leader that does not serve it: " + e.cause.Error()
}

// Unwrap returns the cause and its meaning.
func (e redirectError) Unwrap() []error { return []error{e.cause, ErrNoLeader} }

// traced notes on the way how far the request got.
func (t *attempt) traced(ctx context.Context) context.Context {
	first := ""
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(hostPort string) {
			if first == "" {
				first = hostPort
			}
			t.redirected = hostPort != first
		},
		GotConn: func(httptrace.GotConnInfo) { t.sent = true },
	})
}

// lingerTime is how long a request that must not be repeated is waited for after
// the run was cancelled.
const lingerTime = 5 * time.Second

// lingering is a context that ends some time after the one it is made of. The
// answer to a request that must not be repeated may be all that ever names what
// the server made, such as a token or a secret ID: given up at once, nobody could
// revoke it.
func lingering(ctx context.Context, longest time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(longest, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// exchange sends a request to a node. The error is nil when the server answered,
// whatever the status.
func (c *Client) exchange(ctx context.Context, r request, n *node) (*answer, error) {
	client := n.in(r.namespace)
	raw := client.NewRequest(r.method, "/v1/"+r.path)
	raw.ClientToken = string(r.token.Reveal())
	raw.WrapTTL = r.wrapTTL
	if r.params != nil {
		raw.Params = r.params
	}
	if r.body.Len() > 0 {
		raw.BodyBytes = r.body.Reveal()
		raw.Headers.Set("Content-Type", "application/json")
		if r.method == http.MethodPatch {
			raw.Headers.Set("Content-Type", "application/merge-patch+json")
		}
	}
	response, err := client.RawRequestWithContext(ctx, raw)
	var refused *api.ResponseError
	if response == nil || response.Response == nil || (err != nil && !errors.As(err, &refused)) {
		if response != nil && response.Response != nil {
			_ = response.Body.Close()
		}
		return nil, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	n.heard.Store(c.config.Clock.Now().UnixNano())
	a := &answer{status: response.StatusCode, header: response.Header}
	if r.stream != nil && a.status == http.StatusOK {
		return a, r.stream(response.Body)
	}
	a.raw, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, withoutURL(err)
	case len(a.raw) > maxAnswer:
		return nil, fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)
	}
	if a.status == http.StatusNoContent {
		return a, nil
	}
	if json.Unmarshal(a.raw, &a.envelope) != nil {
		// Some of OpenBao's own answers are empty, but announce JSON even so.
		a.foreign = len(a.raw) > 0 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json")
		a.envelope = envelope{}
		if a.foreign && a.status < 300 {
			return nil, errNotJSON
		}
	}
	return a, nil
}

// errNotJSON means that something other than OpenBao answered, such as a proxy.
var errNotJSON = errors.New("the answer is not one of OpenBao: check the address, http or https, and what stands in between")

// withoutURL drops method and URL, which the error around it names already.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// joinPath puts parts of a path together; none of them is escaped.
func joinPath(parts ...string) string { return strings.Join(parts, "/") }

// at is the absolute namespace of an object.
func (c *Client) at(namespace string) string { return JoinNamespace(c.config.Namespace, namespace) }
