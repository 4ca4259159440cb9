package openbao

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// ValidatePolicyName refuses what OpenBao refuses or would rename: it keeps
// policies under lower-case names.
func ValidatePolicyName(name string) error {
	if err := validatePath("policy name", name); err != nil {
		return err
	}
	if lower := strings.ToLower(name); lower != name {
		return fmt.Errorf("policy name %q has upper-case letters, which OpenBao turns into lower case: write %q", name, lower)
	}
	if name == "root" {
		return fmt.Errorf("the policy %q cannot be changed", name)
	}
	return nil
}

// GetPolicy reads the text of a policy (GET sys/policies/acl/<name>). Errors:
// migrate.ErrDestinationNotFound.
func (c *Client) GetPolicy(ctx context.Context, namespace, name string) (string, error) {
	if err := ValidatePolicyName(name); err != nil {
		return "", err
	}
	return afterOwnWrite(ctx, c, c.policyObject(namespace, name), func() (string, error) {
		return c.getPolicy(ctx, namespace, name)
	}, func(got string, err error, want any) bool { return isGone(err) || err == nil && want != any(got) })
}

func (c *Client) policyObject(namespace, name string) objectKey {
	return objectKey{c.at(namespace), joinPath("sys/policies/acl", name)}
}

func (c *Client) getPolicy(ctx context.Context, namespace, name string) (string, error) {
	r := request{
		operation: "policy read", method: http.MethodGet, namespace: c.at(namespace),
		path: joinPath("sys/policies/acl", name), capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	var data struct {
		Policy string `json:"policy"`
	}
	err = a.decode(r, &data)
	return data.Policy, err
}

// PutPolicy writes a policy, over one that is there (POST
// sys/policies/acl/<name>). OpenBao resets what the request does not name, such
// as an expiration.
func (c *Client) PutPolicy(ctx context.Context, namespace, name, text string) error {
	return c.putPolicy(ctx, namespace, name, map[string]any{"policy": text})
}

func (c *Client) putPolicy(ctx context.Context, namespace, name string, body map[string]any) error {
	if err := ValidatePolicyName(name); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "policy write", method: http.MethodPost, namespace: c.at(namespace),
		path: joinPath("sys/policies/acl", name), capabilities: []string{"create", "update"},
		body: jsonBody(body),
	})
	if err == nil {
		c.wrote(c.policyObject(namespace, name), body["policy"])
	}
	return err
}

// CreatePolicy writes a policy where there is none. One of the same meaning is
// left as it is and reported as adopted; another one is ErrConflict. OpenBao
// makes the write conditional itself (cas -1); older servers ignore that, so
// the policy is read first on all of them.
func (c *Client) CreatePolicy(ctx context.Context, namespace, name, text string) (adopted bool, err error) {
	adopted, err = c.adoptPolicy(ctx, namespace, name, text)
	if adopted || !isGone(err) {
		return adopted, err
	}
	err = c.putPolicy(ctx, namespace, name, map[string]any{"policy": text, "cas": -1})
	if errors.Is(err, migrate.ErrCheckAndSet) {
		// Somebody was faster, or an answer was lost and the request repeated.
		adopted, err = c.adoptPolicy(ctx, namespace, name, text)
	}
	return adopted, err
}

func (c *Client) adoptPolicy(ctx context.Context, namespace, name, text string) (bool, error) {
	present, err := c.GetPolicy(ctx, namespace, name)
	if err != nil {
		return false, err
	}
	if aclpolicy.Same(present, text) {
		return true, nil
	}
	return false, &Error{
		Operation: "policy write", Path: joinPath("sys/policies/acl", name), Namespace: c.at(namespace),
		Err: errors.New("a policy of this name with another text exists"), kinds: []error{ErrConflict},
	}
}

// DeletePolicy removes a policy (DELETE sys/policies/acl/<name>). What is not
// there is no error.
func (c *Client) DeletePolicy(ctx context.Context, namespace, name string) error {
	if err := ValidatePolicyName(name); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "policy removal", method: http.MethodDelete, namespace: c.at(namespace),
		path: joinPath("sys/policies/acl", name), capabilities: []string{"delete"},
	})
	return c.removal(c.policyObject(namespace, name), err)
}
