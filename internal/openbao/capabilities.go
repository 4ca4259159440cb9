package openbao

import (
	"context"
	"net/http"
	"slices"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// pathsAtOnce is how many paths one question holds: OpenBao refuses JSON of more
// than some hundred members.
const pathsAtOnce = 250

// CapabilitiesSelf asks what the client's token may do on paths (POST
// sys/capabilities-self, one request for many paths); each path has its
// capabilities, sorted, "deny" for none.
func (c *Client) CapabilitiesSelf(ctx context.Context, namespace string, paths ...string) (map[string][]string, error) {
	return c.capabilities(ctx, c.at(namespace), "sys/capabilities-self", map[string]any{}, paths)
}

// CapabilitiesInRoot is CapabilitiesSelf in the root namespace, where what belongs to
// the server as a whole is, whatever namespace the client works in.
func (c *Client) CapabilitiesInRoot(ctx context.Context, paths ...string) (map[string][]string, error) {
	return c.capabilities(ctx, "", "sys/capabilities-self", map[string]any{}, paths)
}

// CapabilitiesOf asks the same of another token (POST sys/capabilities), which may
// be one whose policies do not let it ask by itself.
func (c *Client) CapabilitiesOf(ctx context.Context, namespace string, token migrate.Secret, paths ...string) (map[string][]string, error) {
	return c.capabilities(ctx, c.at(namespace), "sys/capabilities", map[string]any{"token": string(token.Reveal())}, paths)
}

// capabilities asks in an absolute namespace.
func (c *Client) capabilities(ctx context.Context, namespace, endpoint string, body map[string]any, paths []string) (map[string][]string, error) {
	result := make(map[string][]string, len(paths))
	for some := range slices.Chunk(paths, pathsAtOnce) {
		body["paths"] = some
		r := request{
			operation: "capabilities", method: http.MethodPost, namespace: namespace, path: endpoint,
			body: jsonBody(body), capabilities: []string{"update"}, confidential: true,
		}
		a, err := c.do(ctx, r)
		if err != nil {
			return nil, err
		}
		var data map[string][]string
		if err := a.decode(r, &data); err != nil {
			return nil, err
		}
		for _, path := range some {
			granted := slices.Clone(data[path])
			slices.Sort(granted)
			result[path] = granted
		}
	}
	return result, nil
}

// TryRead reads a path as a client would (GET) and drops what came at once, so that
// only whether it may be read is left. Errors: migrate.ErrPermissionDenied,
// migrate.ErrDestinationNotFound where nothing is stored, migrate.ErrMountNotFound.
func (c *Client) TryRead(ctx context.Context, namespace, path string) error {
	_, err := c.do(ctx, request{
		operation: "read", method: http.MethodGet, namespace: c.at(namespace), path: path,
		capabilities: []string{"read"}, confidential: true,
	})
	return err
}
