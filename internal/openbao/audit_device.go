package openbao

import (
	"context"
	"errors"
	"maps"
	"net/http"
)

// Errors of audit devices.
var (
	// ErrNoAuditDevice means that no audit device is at the path.
	ErrNoAuditDevice = errors.New("there is no such audit device")
	// ErrAuditByConfiguration means that the server takes audit devices from its
	// configuration file only.
	ErrAuditByConfiguration = errors.New("the server takes audit devices from its configuration file only")
	// ErrAuditDeclared means that the configuration file of the server declares
	// the audit device, so that it cannot be disabled through the API.
	ErrAuditDeclared = errors.New("the configuration file of the server declares the audit device")
)

// AuditDevice is a destination of the audit log. It belongs to the server, not
// to a namespace, and cannot be changed once it is enabled.
type AuditDevice struct {
	// Path is its name, without leading or trailing slash.
	Path        string
	Type        string // such as "file"
	Description string
	// Options depend on the type; see [CheckAuditOption].
	Options map[string]string
	// Local keeps the device out of replication.
	Local bool
}

// Same reports whether two devices do the same, however their options are
// written.
func (d AuditDevice) Same(other AuditDevice) bool { return len(d.Differences(other)) == 0 }

// Differences names what two devices differ in, such as "type" or
// "options.log_raw", in a stable order.
func (d AuditDevice) Differences(other AuditDevice) []string {
	var names []string
	for _, field := range []struct {
		name string
		same bool
	}{
		{"path", d.Path == other.Path},
		{"type", d.Type == other.Type},
		{"description", d.Description == other.Description},
		{"local", d.Local == other.Local},
	} {
		if !field.same {
			names = append(names, field.name)
		}
	}
	for _, option := range differingOptions(d.Type, d.Options, other.Options) {
		names = append(names, "options."+option)
	}
	return names
}

// EnableAuditDevice enables an audit device (POST sys/audit/<path>). Errors:
// ErrConflict where a device is at the path, or at one that contains it or that
// it contains; ErrAuditByConfiguration.
func (c *Client) EnableAuditDevice(ctx context.Context, device AuditDevice) error {
	if err := ValidateAuditPath(device.Path); err != nil {
		return err
	}
	_, err := c.do(ctx, request{
		operation: "audit device creation", method: http.MethodPost, path: joinPath("sys/audit", device.Path),
		capabilities: []string{"update", "sudo"}, once: true,
		body: jsonBody(map[string]any{
			"type": device.Type, "description": device.Description, "options": device.Options, "local": device.Local,
		}),
	})
	if err == nil {
		c.wrote(c.auditObject(device.Path), nil)
	}
	return auditKind(err)
}

// ReadAuditDevice finds an audit device among those that are enabled (GET
// sys/audit). Errors: ErrNoAuditDevice.
func (c *Client) ReadAuditDevice(ctx context.Context, path string) (AuditDevice, error) {
	return afterOwnWrite(ctx, c, c.auditObject(path), func() (AuditDevice, error) {
		return c.readAuditDevice(ctx, path)
	}, func(_ AuditDevice, err error, _ any) bool { return errors.Is(err, ErrNoAuditDevice) })
}

func (c *Client) readAuditDevice(ctx context.Context, path string) (AuditDevice, error) {
	r := request{
		operation: "audit device list", method: http.MethodGet, path: "sys/audit", capabilities: []string{"read", "sudo"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return AuditDevice{}, err
	}
	var enabled map[string]struct {
		Type        string            `json:"type"`
		Description string            `json:"description"`
		Options     map[string]string `json:"options"`
		Local       bool              `json:"local"`
	}
	if err := a.decode(r, &enabled); err != nil {
		return AuditDevice{}, err
	}
	found, here := enabled[path+"/"]
	if !here {
		return AuditDevice{}, &Error{Operation: r.operation, Path: r.path, Err: ErrNoAuditDevice}
	}
	return AuditDevice{
		Path: path, Type: found.Type, Description: found.Description, Options: maps.Clone(found.Options), Local: found.Local,
	}, nil
}

// DisableAuditDevice disables an audit device (DELETE sys/audit/<path>); the log
// stays. What is not there is no error. Errors: ErrAuditDeclared.
func (c *Client) DisableAuditDevice(ctx context.Context, path string) error {
	_, err := c.do(ctx, request{
		operation: "audit device removal", method: http.MethodDelete, path: joinPath("sys/audit", path),
		capabilities: []string{"delete", "sudo"},
	})
	return auditKind(c.removal(c.auditObject(path), err))
}

func (c *Client) auditObject(path string) objectKey {
	return objectKey{path: joinPath("sys/audit", path)}
}

// auditKind says what a refusal means: they all have the status 400, so that the
// message is all there is to tell them apart.
func auditKind(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest {
		return err
	}
	switch {
	case anyContains(e.Messages, "path already in use"):
		e.kinds = []error{ErrConflict}
	case anyContains(e.Messages, "cannot enable audit device via API"):
		e.kinds = []error{ErrAuditByConfiguration}
	case anyContains(e.Messages, "cannot disable configuration-managed audit device"):
		e.kinds = []error{ErrAuditDeclared}
	}
	return err
}

// ValidateAuditPath checks the path of an audit device.
func ValidateAuditPath(path string) error { return validatePath("path", path) }
