package migrate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Bounds of a report, which has to fit into a comment: hosts take 65,536
// characters and less.
const (
	reportRows   = 20  // of each part
	reportLength = 120 // of a name or pin, in characters
)

// JSON is the report for a program: the counts, and every part but Migrated,
// which is large where all is well. It names secrets and has no value of any.
// Members and elements are in order, so equal coverages give equal texts.
func (c Coverage) JSON(at Location) string {
	report := struct {
		Namespace  string            `json:"namespace,omitempty"`
		Mount      string            `json:"mount"`
		ByName     bool              `json:"compared_by_name_only"`
		Complete   bool              `json:"complete"`
		Counts     CoverageCounts    `json:"counts"`
		Outdated   map[string]string `json:"outdated"`
		Modified   map[string]string `json:"modified"`
		Pending    map[string]string `json:"pending"`
		Unselected []string          `json:"unselected"`
		Ignored    []string          `json:"ignored"`
		Orphaned   map[string]string `json:"orphaned"`
		Foreign    []string          `json:"foreign"`
	}{
		at.Namespace, at.Mount, c.ByName, c.Complete(), c.Counts(),
		pinTexts(c.Outdated), pinTexts(c.Modified), pinTexts(c.Pending), c.Unselected, c.Ignored, pinTexts(c.Orphaned), c.Foreign,
	}
	text, err := json.Marshal(report)
	if err != nil {
		// Strings, numbers and maps of them always marshal.
		panic(err)
	}
	return string(text)
}

func pinTexts(pins map[string]Pin) map[string]string {
	texts := map[string]string{}
	for name, pin := range pins {
		texts[name] = pin.String()
	}
	return texts
}

// Markdown is the report for a person. The counts are those of everything, the
// lists are cut off.
func (c Coverage) Markdown(at Location) string {
	var b strings.Builder
	verdict := "incomplete"
	if c.Complete() {
		verdict = "complete"
	}
	place := at.Mount
	if at.Namespace != "" {
		place = at.Namespace + "/" + at.Mount
	}
	counts := c.Counts()
	fmt.Fprintf(&b, "### Migration to %s: %s\n\n%d of %d selected secrets are migrated.\n", code(place), verdict, counts.Migrated, counts.Selected)
	if c.ByName {
		b.WriteString("\nKV v1 has no ownership marks: only the names were compared.\n")
	}
	b.WriteString("\n| | Secrets |\n| --- | ---: |\n")
	for _, row := range []struct {
		title string
		count int64
	}{
		{"In the inventory", counts.Inventory},
		{"Selected", counts.Selected},
		{"Migrated", counts.Migrated},
		{"Outdated", counts.Outdated},
		{"Modified in OpenBao", counts.Modified},
		{"Pending", counts.Pending},
		{"Not selected", counts.Unselected},
		{"Ignored", counts.Ignored},
		{"Orphaned in OpenBao", counts.Orphaned},
		{"Foreign in OpenBao", counts.Foreign},
	} {
		fmt.Fprintf(&b, "| %s | %d |\n", row.title, row.count)
	}
	c.table(&b, "Outdated", c.Outdated)
	c.table(&b, "Modified in OpenBao", c.Modified)
	c.table(&b, "Pending", c.Pending)
	names(&b, "Not selected", c.Unselected)
	c.table(&b, "Orphaned in OpenBao", c.Orphaned)
	names(&b, "Foreign in OpenBao", c.Foreign)
	return b.String()
}

func (c Coverage) table(b *strings.Builder, title string, pins map[string]Pin) {
	if len(pins) == 0 {
		return
	}
	fmt.Fprintf(b, "\n#### %s\n\n| Name | Pin | Note |\n| --- | --- | --- |\n", title)
	for _, name := range slices.Sorted(maps.Keys(pins))[:min(len(pins), reportRows)] {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(name), code(pins[name].String()), c.notes[name])
	}
	if more := len(pins) - reportRows; more > 0 {
		fmt.Fprintf(b, "| and %d more | | |\n", more)
	}
}

func names(b *strings.Builder, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n#### %s\n\n| Name |\n| --- |\n", title)
	for _, name := range list[:min(len(list), reportRows)] {
		fmt.Fprintf(b, "| %s |\n", code(name))
	}
	if more := len(list) - reportRows; more > 0 {
		fmt.Fprintf(b, "| and %d more |\n", more)
	}
}

// code makes a code span for a cell of a table: nothing in it is a mention, a
// link or HTML. A pipe ends a cell even there, unless it is escaped, and a
// backtick needs a longer fence.
func code(text string) string {
	shown := []rune(text)
	if len(shown) > reportLength {
		shown = append(shown[:reportLength-1:reportLength-1], '…')
	}
	longest, run := 0, 0
	for i, r := range shown {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
		if !unicode.IsPrint(r) {
			shown[i] = unicode.ReplacementChar
		}
	}
	fence := strings.Repeat("`", longest+1)
	inner := strings.ReplaceAll(string(shown), "|", `\|`)
	if longest > 0 {
		inner = " " + inner + " "
	}
	return fence + inner + fence
}
