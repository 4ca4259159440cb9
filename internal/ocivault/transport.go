package ocivault

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	dialTimeout    = 10 * time.Second
	requestTimeout = 30 * time.Second
	idleTimeout    = 60 * time.Second
	// maxAnswer is far above any page of a list; a bundle holds 25 KB.
	maxAnswer = 16 << 20
)

// newTransport makes the one transport of all SDK clients.
func newTransport(concurrency int, caPEM []byte) (*http.Transport, error) {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(bytes.TrimSpace(caPEM)) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(caPEM) {
			return nil, &ConfigError{Field: "ca_cert_pem", Err: errors.New("holds no certificate in PEM form")}
		}
		tlsConfig.RootCAs = pool
	}
	// HTTP/1 only: under GODEBUG=http2debug the HTTP/2 code of the standard
	// library prints the payload it receives.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		TLSClientConfig:     tlsConfig,
		Protocols:           protocols,
		MaxIdleConns:        4 * concurrency, // four services
		MaxIdleConnsPerHost: concurrency,
		IdleConnTimeout:     idleTimeout,
	}, nil
}

// errWriteRefused is the answer to any request that could change something.
var errWriteRefused = errors.New("refused to send a request that could change something in OCI")

// Answers that are none of OCI's. They carry nothing of the body.
var (
	errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)
	errNotJSON  = errors.New("the answer is not JSON: something between here and OCI may have given it")
)

// exchange is one request and what came of it. It travels to the dispatcher as
// a value of the context that the SDK is called with.
type exchange struct {
	// ctx is the caller's context. The SDK gets one without cancellation, since
	// its retry code races and leaks a goroutine when its own is cancelled.
	ctx context.Context

	status     int           // 0: no answer
	code       string        // OCI's error code
	message    string        // OCI's error message
	requestID  string        // opc-request-id
	retryAfter time.Duration // 0: not told
	skew       time.Duration // OCI's clock minus ours; 0: not told
	err        error         // why there is no usable answer
	permanent  bool          // err will not go away by trying again
}

type exchangeKey struct{}

func withExchange(ctx context.Context, ex *exchange) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), exchangeKey{}, ex)
}

// dispatcher is the way out for every request of every SDK client.
type dispatcher struct {
	client *http.Client
	now    func() time.Time
}

func newDispatcher(transport http.RoundTripper, now func() time.Time) *dispatcher {
	return &dispatcher{
		client: &http.Client{
			Transport: transport,
			Timeout:   requestTimeout,
			// A signed request is for the host it was signed for.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: now,
	}
}

// Do sends a request that only reads. It reads the whole answer, so that a
// connection that breaks halfway counts as such and not as bad JSON.
func (d *dispatcher) Do(req *http.Request) (*http.Response, error) {
	ex, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, errors.New("request without an exchange in its context")
	}
	if !readsOnly(req) {
		ex.err, ex.permanent = errWriteRefused, true
		return nil, ex.err
	}
	resp, err := d.client.Do(req.WithContext(ex.ctx))
	if err != nil {
		ex.fail(err)
		return nil, ex.err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		ex.fail(fmt.Errorf("the answer broke off: %w", err))
		return nil, ex.err
	}
	if err := d.note(ex, resp, body); err != nil {
		ex.err, ex.permanent = err, true
		return nil, err
	}
	// The SDK takes an event stream for an answer without content.
	resp.Header.Set("Content-Type", "application/json")
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func readsOnly(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet:
		return true
	case http.MethodPost:
		return strings.HasSuffix(req.URL.Path, "/secretbundles/actions/getByName")
	default:
		return false
	}
}

// note keeps the facts of an answer and refuses those that the SDK would take
// for an empty result.
func (d *dispatcher) note(ex *exchange, resp *http.Response, body []byte) error {
	ex.status = resp.StatusCode
	ex.requestID = resp.Header.Get("opc-request-id")
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ex.skew = date.Sub(d.now())
	}
	switch {
	case len(body) > maxAnswer:
		return errTooLarge
	case resp.StatusCode >= 400:
		ex.retryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), d.now())
		var answer struct{ Code, Message string }
		if json.Unmarshal(body, &answer) == nil {
			ex.code, ex.message = answer.Code, oneLine(answer.Message)
		}
		return nil
	case resp.StatusCode >= 300:
		return fmt.Errorf("unexpected status %d", resp.StatusCode)
	}
	if start := bytes.TrimLeft(body, " \t\r\n"); len(start) == 0 || (start[0] != '{' && start[0] != '[') {
		return errNotJSON
	}
	return nil
}

// fail keeps the reason of a failed request without the URL around it.
func (ex *exchange) fail(err error) {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	ex.err = err
	var (
		unknown   x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		plaintext tls.RecordHeaderError
		dns       *net.DNSError
	)
	ex.permanent = errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid) ||
		errors.As(err, &verify) || errors.As(err, &plaintext) || (errors.As(err, &dns) && dns.IsNotFound)
}

// oneLine keeps a foreign message short and free of control characters.
func oneLine(text string) string {
	const most = 500
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
