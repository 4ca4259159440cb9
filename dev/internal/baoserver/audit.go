package baoserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	"github.com/hashicorp/vault/audit"
	auditfile "github.com/hashicorp/vault/builtin/audit/file"
	auditsocket "github.com/hashicorp/vault/builtin/audit/socket"
	auditsyslog "github.com/hashicorp/vault/builtin/audit/syslog"
)

// AuditConfig is what a configuration file of OpenBao says on audit devices.
type AuditConfig struct {
	// AllowAPI lets the API enable audit devices as well.
	AllowAPI bool `hcl:"unsafe_allow_api_audit_creation"`
	// Devices are declared: they are there from the start, and the API cannot
	// disable them.
	Devices []AuditDevice `hcl:"-"`
}

// AuditDevice is an audit stanza.
type AuditDevice struct {
	Type        string            `hcl:"-"`
	Path        string            `hcl:"-"`
	Description string            `hcl:"description"`
	Options     map[string]string `hcl:"options"`
	Local       bool              `hcl:"local"`
}

// ReadAuditConfig reads the file; what it says on other things is left out.
func ReadAuditConfig(file string) (AuditConfig, error) {
	var config AuditConfig
	text, err := os.ReadFile(file)
	if err != nil {
		return config, err
	}
	parsed, err := hcl.Parse(string(text))
	if err != nil {
		return config, fmt.Errorf("%s: %w", file, err)
	}
	if err := hcl.DecodeObject(&config, parsed); err != nil {
		return config, fmt.Errorf("%s: %w", file, err)
	}
	list, ok := parsed.Node.(*ast.ObjectList)
	if !ok {
		return config, fmt.Errorf("%s: no configuration", file)
	}
	for _, stanza := range list.Filter("audit").Items {
		if len(stanza.Keys) != 2 {
			return config, fmt.Errorf("%s: an audit stanza needs a type and a path", file)
		}
		var device AuditDevice
		if err := hcl.DecodeObject(&device, stanza.Val); err != nil {
			return config, fmt.Errorf("%s: audit: %w", file, err)
		}
		device.Type, _ = stanza.Keys[0].Token.Value().(string)
		device.Path, _ = stanza.Keys[1].Token.Value().(string)
		config.Devices = append(config.Devices, device)
	}
	return config, nil
}

// auditDevices are the audit devices that can be enabled while allowed says so.
func auditDevices(allowed *atomic.Bool) map[string]audit.Factory {
	devices := map[string]audit.Factory{"file": auditfile.Factory, "socket": auditsocket.Factory, "syslog": auditsyslog.Factory}
	for name, enable := range devices {
		devices[name] = func(ctx context.Context, config *audit.BackendConfig) (audit.Backend, error) {
			if !allowed.Load() {
				return nil, errors.New(auditRefusal)
			}
			return enable(ctx, config)
		}
	}
	return devices
}

// declareAudit enables the declared devices, then closes the API to others where
// OpenBao does.
func (s *Server) declareAudit(ctx context.Context, o Options) error {
	for _, device := range o.Audit.Devices {
		if _, err := s.update(ctx, "sys/audit/"+device.Path, map[string]any{
			"type": device.Type, "description": device.Description, "options": device.Options, "local": device.Local,
		}); err != nil {
			return fmt.Errorf("audit device %s: %w", device.Path, err)
		}
	}
	s.auditAllowed.Store(!o.AsOpenBao || o.Audit.AllowAPI)
	return nil
}

// declares reports whether a request would disable a declared device.
func (c AuditConfig) declares(r *http.Request) bool {
	path, isAudit := strings.CutPrefix(r.URL.Path, "/v1/sys/audit/")
	if !isAudit || r.Method != http.MethodDelete {
		return false
	}
	for _, device := range c.Devices {
		if strings.Trim(device.Path, "/") == strings.Trim(path, "/") {
			return true
		}
	}
	return false
}
