package openbao

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-secure-stdlib/parseutil"
)

// auditOption is one option of an audit device.
type auditOption struct {
	required bool
	// fallback is what the server takes where the option is not given, in its
	// canonical form.
	fallback string
	// canonical checks a value and returns the form that all spellings of it
	// have in common; nil takes any text.
	canonical func(value string) (string, error)
}

// auditOptions are the options of OpenBao 2.6, by type of device. What is not
// among them the server ignores without a word.
var auditOptions = map[string]map[string]auditOption{
	"file": withCommonOptions(map[string]auditOption{
		"file_path": {required: true, canonical: canonicalFilePath},
		"mode":      {fallback: "600", canonical: canonicalMode},
	}),
	"syslog": withCommonOptions(map[string]auditOption{
		"facility": {fallback: "AUTH", canonical: canonicalFacility},
		"tag":      {},
	}),
	"socket": withCommonOptions(map[string]auditOption{
		"address":       {required: true, canonical: canonicalNonEmpty},
		"socket_type":   {fallback: "tcp", canonical: canonicalSocketType},
		"write_timeout": {fallback: "2s", canonical: canonicalDuration},
	}),
	"http": withCommonOptions(map[string]auditOption{
		"uri":     {required: true, canonical: canonicalNonEmpty},
		"headers": {canonical: canonicalHeaders},
	}),
}

func withCommonOptions(own map[string]auditOption) map[string]auditOption {
	all := map[string]auditOption{
		"elide_list_responses": {fallback: "false", canonical: canonicalBool},
		"format":               {fallback: "json", canonical: oneOf("json")},
		"hmac_accessor":        {fallback: "true", canonical: canonicalBool},
		"log_raw":              {fallback: "false", canonical: canonicalBool},
		"prefix":               {},
		// The server looks for the word and for no other spelling of it.
		"skip_test": {fallback: "false", canonical: oneOf("true", "false")},
	}
	maps.Copy(all, own)
	return all
}

// AuditOptions are the names of the options of a type; nil for a type that is
// not known.
func AuditOptions(kind string) []string { return slices.Sorted(maps.Keys(auditOptions[kind])) }

// RequiredAuditOptions are the names of the options that a type cannot be
// without.
func RequiredAuditOptions(kind string) []string {
	return slices.DeleteFunc(AuditOptions(kind), func(name string) bool { return !auditOptions[kind][name].required })
}

// ErrUnknownAuditOption means that the server knows no such option and would
// ignore it.
var ErrUnknownAuditOption = errors.New("there is no such option")

// CheckAuditOption checks one option as the server would. Errors:
// ErrUnknownAuditOption. Options of a type that is not known are left to the
// server.
func CheckAuditOption(kind, name, value string) error {
	options, known := auditOptions[kind]
	if !known {
		return nil
	}
	option, known := options[name]
	if !known {
		return ErrUnknownAuditOption
	}
	_, err := option.form(value)
	return err
}

// LogsRaw reports whether a device with these options writes secrets in the
// clear.
func LogsRaw(kind string, options map[string]string) bool {
	return canonicalOption(kind, "log_raw", options) == "true"
}

// LiteralHeaders are the names of the headers of an HTTP audit device that have a
// value which is no reference to a variable or a file of the server, sorted.
func LiteralHeaders(kind string, options map[string]string) []string {
	var headers map[string][]string
	if kind != "http" || json.Unmarshal([]byte(options["headers"]), &headers) != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(headers)), func(name string) bool {
		return !slices.ContainsFunc(headers[name], func(value string) bool {
			return !strings.HasPrefix(value, "env://") && !strings.HasPrefix(value, "file://")
		})
	})
}

// SameAuditOptions reports whether two sets of options make the same device.
func SameAuditOptions(kind string, a, b map[string]string) bool {
	return len(differingOptions(kind, a, b)) == 0
}

// differingOptions are the names of the options that differ, sorted.
func differingOptions(kind string, a, b map[string]string) []string {
	names := map[string]bool{}
	for _, options := range []map[string]string{a, b} {
		for name := range options {
			names[name] = names[name] || canonicalOption(kind, name, a) != canonicalOption(kind, name, b)
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool { return !names[name] })
}

// canonicalOption is what the server makes of an option, given or not.
func canonicalOption(kind, name string, options map[string]string) string {
	option := auditOptions[kind][name]
	value, given := options[name]
	if !given {
		return option.fallback
	}
	form, err := option.form(value)
	if err != nil {
		return value
	}
	return form
}

func (o auditOption) form(value string) (string, error) {
	if o.canonical == nil {
		return value, nil
	}
	return o.canonical(value)
}

func canonicalBool(value string) (string, error) {
	parsed, err := strconv.ParseBool(value)
	if err != nil {
		return "", fmt.Errorf("%q is neither \"true\" nor \"false\"", value)
	}
	return strconv.FormatBool(parsed), nil
}

func oneOf(words ...string) func(string) (string, error) {
	return func(value string) (string, error) {
		if !slices.Contains(words, value) {
			return "", fmt.Errorf("%q is none of %q", value, words)
		}
		return value, nil
	}
}

func canonicalNonEmpty(value string) (string, error) {
	if value == "" {
		return "", errors.New("it is empty")
	}
	return value, nil
}

// canonicalFilePath takes the words for standard output and for nothing in any
// case, as the server does.
func canonicalFilePath(value string) (string, error) {
	for _, word := range []string{"stdout", "discard"} {
		if strings.EqualFold(value, word) {
			return word, nil
		}
	}
	return canonicalNonEmpty(value)
}

// canonicalMode is an octal number of permission bits.
func canonicalMode(value string) (string, error) {
	mode, err := strconv.ParseUint(value, 8, 32)
	if err != nil || mode > 0o777 {
		return "", fmt.Errorf("%q is no octal number of permission bits such as \"0600\"", value)
	}
	return strconv.FormatUint(mode, 8), nil
}

var syslogFacilities = []string{
	"KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
	"LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
}

func canonicalFacility(value string) (string, error) {
	return oneOf(syslogFacilities...)(strings.ToUpper(value))
}

// canonicalSocketType is a network of Go's net.Dial that carries a stream or
// packets.
func canonicalSocketType(value string) (string, error) {
	return oneOf("tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram", "unixpacket")(value)
}

func canonicalDuration(value string) (string, error) {
	parsed, err := parseutil.ParseDurationSecond(value)
	if err != nil || parsed < 0 {
		return "", fmt.Errorf("%q is no duration: write one such as \"2s\", or a number of seconds", value)
	}
	return parsed.String(), nil
}

// canonicalHeaders is a JSON object of lists.
func canonicalHeaders(value string) (string, error) {
	var headers map[string][]string
	if json.Unmarshal([]byte(value), &headers) != nil {
		return "", errors.New("it is no JSON object whose members are lists of strings, such as {\"Authorization\":[\"env://AUDIT_TOKEN\"]}")
	}
	raw, err := json.Marshal(headers)
	return string(raw), err
}
