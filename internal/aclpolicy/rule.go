package aclpolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Rule is one path block of a policy. Fields that are zero are left out.
type Rule struct {
	Description        string // comment above the block
	Path               string
	Capabilities       []string
	RequiredParameters []string
	AllowedParameters  map[string][]string
	DeniedParameters   map[string][]string
	MinWrappingTTL     string
	MaxWrappingTTL     string
	PaginationLimit    int64
	Expiration         string
	ResponseKeysFilter string
}

// Render writes a policy in HCL, laid out as the formatter of policies does.
func Render(rules []Rule) string {
	var b strings.Builder
	for i, rule := range rules {
		if i > 0 {
			b.WriteByte('\n')
		}
		rule.render(&b)
	}
	return b.String()
}

func (r Rule) render(b *strings.Builder) {
	if r.Description != "" {
		for line := range strings.SplitSeq(strings.TrimRight(r.Description, "\n"), "\n") {
			fmt.Fprintln(b, strings.TrimRight("# "+line, " \t"))
		}
	}
	body := block{}
	body.set("capabilities", list(r.Capabilities), true)
	body.set("required_parameters", list(r.RequiredParameters), len(r.RequiredParameters) > 0)
	body.set("min_wrapping_ttl", quote(r.MinWrappingTTL), r.MinWrappingTTL != "")
	body.set("max_wrapping_ttl", quote(r.MaxWrappingTTL), r.MaxWrappingTTL != "")
	body.set("pagination_limit", fmt.Sprint(r.PaginationLimit), r.PaginationLimit != 0)
	body.set("expiration", quote(r.Expiration), r.Expiration != "")
	body.set("list_scan_response_keys_filter_path", quote(r.ResponseKeysFilter), r.ResponseKeysFilter != "")
	body.parameters("allowed_parameters", r.AllowedParameters)
	body.parameters("denied_parameters", r.DeniedParameters)
	body.render(b, "path "+quote(r.Path), "")
}

// block is the inside of braces: arguments of one line, then nested blocks.
type block struct {
	arguments []argument
	nested    []nested
}

type argument struct{ key, value string }

type nested struct {
	head string
	body block
}

func (b *block) set(key, value string, given bool) {
	if given {
		b.arguments = append(b.arguments, argument{key, value})
	}
}

func (b *block) nest(head string, body block) { b.nested = append(b.nested, nested{head, body}) }

func (b *block) parameters(key string, parameters map[string][]string) {
	if len(parameters) == 0 {
		return
	}
	var body block
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		body.set(quote(name), list(parameters[name]), true)
	}
	b.nest(key+" =", body)
}

func (b block) render(to *strings.Builder, head, indent string) {
	fmt.Fprintf(to, "%s%s {\n", indent, head)
	width := 0
	for _, each := range b.arguments {
		width = max(width, len(each.key))
	}
	for _, each := range b.arguments {
		fmt.Fprintf(to, "%s  %s%s = %s\n", indent, each.key, strings.Repeat(" ", width-len(each.key)), each.value)
	}
	for i, inner := range b.nested {
		if i > 0 || len(b.arguments) > 0 {
			to.WriteByte('\n')
		}
		inner.body.render(to, inner.head, indent+"  ")
	}
	fmt.Fprintf(to, "%s}\n", indent)
}

func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote writes a string of HCL. The parser passes over whatever stands between
// "${" and its brace, quotes included, so the dollar sign is escaped there.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '$' && i+1 < len(runes) && runes[i+1] == '{':
			b.WriteString(`\x24`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
