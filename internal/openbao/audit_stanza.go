package openbao

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Stanza is the device as the configuration file of OpenBao declares it, in HCL,
// ready to paste. It ends without a line break.
func (d AuditDevice) Stanza() string {
	var text strings.Builder
	fmt.Fprintf(&text, "audit %s %s {\n", hclString(d.Type), hclString(d.Path))
	if d.Description != "" {
		fmt.Fprintf(&text, "  description = %s\n", hclString(d.Description))
	}
	if d.Local {
		text.WriteString("  local = true\n")
	}
	if len(d.Options) > 0 {
		text.WriteString("  options {\n")
		for _, name := range slices.Sorted(maps.Keys(d.Options)) {
			fmt.Fprintf(&text, "    %s = %s\n", hclKey(name), hclString(d.Options[name]))
		}
		text.WriteString("  }\n")
	}
	text.WriteString("}")
	return text.String()
}

// hclString quotes a text for HCL 1, which takes what follows "${" as it stands,
// escapes and quotes included.
func hclString(text string) string {
	return strings.ReplaceAll(strconv.Quote(text), "${", `\u0024{`)
}

// hclKey writes a key, quoted unless it is a plain word.
func hclKey(name string) string {
	plain := name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z')
	}) < 0
	if plain {
		return name
	}
	return hclString(name)
}
