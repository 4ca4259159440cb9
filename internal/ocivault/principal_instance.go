package ocivault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
	"github.com/oracle/oci-go-sdk/v65/common/auth"
)

const (
	// metadataService is where an instance asks about itself, as the SDK has it.
	metadataService         = "http://169.254.169.254/opc/v2"
	metadataServiceVariable = "OCI_METADATA_BASE_URL"
	metadataRegionPath      = "/instance/region"
	metadataTimeout         = 3 * time.Second
)

// constructing guards the SDK's making of instance principals, which goes
// through variables of its package.
var constructing sync.Mutex

// instancePrincipal is the identity of the instance that the provider runs on.
func instancePrincipal(region string, transport http.RoundTripper) *principal {
	courier := &courier{
		ctx: context.Background(),
		// No proxy: the address is good on the instance only.
		metadata: &http.Client{
			Timeout:   metadataTimeout,
			Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: metadataTimeout}).DialContext},
		},
		federation: &http.Client{Timeout: identityTimeout, Transport: transport},
	}
	p := &principal{auth: AuthInstancePrincipal, during: courier.lend}
	p.build = func(ctx context.Context) (common.ConfigurationProvider, error) {
		if err := courier.askRegion(ctx); err != nil {
			return nil, err
		}
		constructing.Lock()
		defer constructing.Unlock()
		made, err := auth.InstancePrincipalConfigurationForRegionWithCustomClient(common.Region(region), courier.modify)
		if err != nil {
			return nil, courier.explain(err)
		}
		return &couriered{made, courier}, nil
	}
	return p
}

// couriered is a provider whose failures the courier knows better.
type couriered struct {
	common.ConfigurationProvider
	courier *courier
}

// KeyID is the security token; the provider renews it before it ends.
func (c *couriered) KeyID() (string, error) {
	id, err := c.ConfigurationProvider.KeyID()
	return id, c.courier.explain(err)
}

// courier carries the requests of the SDK's instance principal. The SDK repeats
// the first for two minutes, so the courier asks before and keeps the answer.
// It is used by one flight at a time.
type courier struct {
	metadata   *http.Client
	federation *http.Client
	ctx        context.Context
	region     []byte
	failed     *identityError // of the last request; nil when it was answered
}

func (c *courier) lend(ctx context.Context) { c.ctx, c.failed = ctx, nil }

func (c *courier) modify(common.HTTPRequestDispatcher) (common.HTTPRequestDispatcher, error) {
	return c, nil
}

func (c *courier) explain(err error) error {
	if err != nil && c.failed != nil {
		return c.failed
	}
	return err
}

func metadataBase() string {
	if base := os.Getenv(metadataServiceVariable); base != "" {
		return base
	}
	return metadataService
}

func (c *courier) askRegion(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, metadataBase()+metadataRegionPath, nil)
	if err != nil {
		return &identityError{auth: AuthInstancePrincipal, reason: metadataServiceVariable + " is no URL"}
	}
	request.Header.Set("Authorization", "Bearer Oracle")
	c.region = nil
	answer, err := c.Do(request)
	if err != nil {
		return c.explain(err)
	}
	defer answer.Body.Close()
	if c.failed != nil {
		return c.failed
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	region, err := checkRegion(strings.TrimSpace(string(body)))
	if err != nil {
		return &identityError{auth: AuthInstancePrincipal, reason: "the instance metadata service names no region"}
	}
	c.region = []byte(region)
	return nil
}

// Do implements the SDK's interface. It notes why a request failed, without
// what was in its answer except for OCI's message.
func (c *courier) Do(request *http.Request) (*http.Response, error) {
	client, isMetadata := c.federation, strings.HasPrefix(request.URL.String(), metadataBase())
	if isMetadata {
		client = c.metadata
		if c.region != nil && strings.HasSuffix(request.URL.Path, metadataRegionPath) {
			return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Request: request,
				Body: io.NopCloser(bytes.NewReader(c.region))}, nil
		}
	}
	where := "the federation service at " + request.URL.Host
	if isMetadata {
		where = "the instance metadata service at " + request.URL.Host
	}
	c.failed = nil
	answer, err := client.Do(request.WithContext(c.ctx))
	if err != nil {
		var ex exchange
		ex.fail(err)
		c.failed = &identityError{auth: AuthInstancePrincipal, reason: where + " cannot be reached: " + oneLine(ex.err.Error())}
		return nil, c.failed
	}
	if answer.StatusCode >= http.StatusBadRequest {
		c.failed = &identityError{auth: AuthInstancePrincipal, reason: where + " answered " + answer.Status + c.said(answer),
			temporary: answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError}
	}
	return answer, nil
}

// said is OCI's own message, and leaves the body to be read again.
func (c *courier) said(answer *http.Response) string {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	var told struct{ Code, Message string }
	if err != nil || json.Unmarshal(body, &told) != nil || told.Message == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", oneLine(told.Code), withoutToken(told.Message))
}
