package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// updateGuides names the environment variable with which the tests write the
// parts of the guides that come from real runs, in place of comparing them.
const updateGuides = "OCIBAO_UPDATE_GUIDES"

// matrixMark begins the part of the guide that the matrix writes.
const matrixMark = "<!-- What follows is written by TestDriftMatrix: run it with " + updateGuides + "=1, then make generate. -->\n"

func guidePath(name string) string {
	return filepath.Join("..", "..", "templates", "guides", name+".md.tmpl")
}

func readGuide(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(guidePath(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// fenced are the code blocks of a language in a guide, below a heading where
// one is named.
func fenced(t *testing.T, guide, heading, language string) []string {
	t.Helper()
	if heading != "" {
		var found bool
		if _, guide, found = strings.Cut(guide, "\n"+heading+"\n"); !found {
			t.Fatalf("the guide has no heading %q", heading)
		}
		guide, _, _ = strings.Cut(guide, "\n## ")
	}
	var blocks []string
	for _, part := range strings.Split(guide, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block+"\n")
	}
	if len(blocks) == 0 {
		t.Fatalf("there is no block of %s below %q", language, heading)
	}
	return blocks
}

// checkGuide holds the guide on drift against the plan that was really made.
func checkGuide(t *testing.T, places []place, plan plannedRun) {
	t.Helper()
	head, written, found := strings.Cut(readGuide(t, "drift"), matrixMark)
	if !found {
		t.Fatal("the guide on drift has lost the mark of the matrix")
	}
	want := "\n## The matrix\n\n" + summary() + guideRows(places, plan) + guideObjects(plan)
	if want == written {
		return
	}
	if os.Getenv(updateGuides) == "" {
		t.Errorf("the guide on drift is stale; run this test with %s=1, or write below the mark:\n%s", updateGuides, stale(want, written))
		return
	}
	if err := os.WriteFile(guidePath("drift"), []byte(head+matrixMark+want), 0o600); err != nil {
		t.Error(err)
	}
}

// stale are the sections of want that are not in written, or all where one is
// there too many.
func stale(want, written string) string {
	var sections []string
	for _, section := range strings.Split(want, "\n## ") {
		for i, part := range strings.Split(section, "\n### ") {
			if !strings.Contains(written, part) {
				sections = append(sections, strings.Repeat("#", min(i, 1)+2)+" "+part)
			}
		}
	}
	if len(sections) == 0 {
		return want
	}
	return strings.Join(sections, "\n\n")
}

// summary is the matrix as a table.
func summary() string {
	var table strings.Builder
	table.WriteString("| What happened | KV v2, `version` | KV v2, `content` | KV v1 |\n| --- | --- | --- | --- |\n")
	for _, rows := range [][]driftRow{openBaoRows, sourceRows} {
		for _, row := range rows {
			fmt.Fprintf(&table, "| [%s](#%s) |", row.title, anchor(row.title))
			for _, mode := range everywhere {
				table.WriteString(" " + row.cell(mode) + " |")
			}
			table.WriteString("\n")
		}
	}
	return table.String()
}

func (r driftRow) cell(m mode) string {
	want := r.outcome(m)
	has := false
	for _, mode := range r.modes {
		has = has || mode == m
	}
	switch {
	case !has:
		return "–"
	case want.drift == "":
		return "no drift"
	case want.stays:
		return "`" + want.drift + "`, a warning"
	default:
		return "`" + want.drift + "`, repaired"
	}
}

// anchor is the link to a heading.
func anchor(title string) string {
	return strings.ReplaceAll(regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(title), ""), " ", "-")
}

func guideRows(places []place, plan plannedRun) string {
	var guide strings.Builder
	side := ""
	for _, p := range places {
		if p.mode != p.row.modes[0] {
			continue
		}
		if p.row.side != side {
			side = p.row.side
			fmt.Fprintf(&guide, "\n## In %s\n", side)
		}
		fmt.Fprintf(&guide, "\n### %s\n\n%s\n", p.row.title, p.row.says)
		guide.WriteString(plan.excerpt("ocibao_kv_mount."+p.resource(), p.address()))
	}
	return guide.String()
}

func guideObjects(plan plannedRun) string {
	var guide strings.Builder
	guide.WriteString("\n## Around the secrets\n\nAll of these happened in OpenBao.\n")
	for _, row := range objectRows {
		fmt.Fprintf(&guide, "\n### %s\n\n%s\n%s", row.title, row.says, plan.excerpt(row.address))
	}
	return guide.String()
}

// excerpt is what the plan says of some objects, without what differs from run
// to run and between command lines.
func (r plannedRun) excerpt(addresses ...string) string {
	var parts, warnings []string
	for _, address := range addresses {
		for _, warning := range r.warnings[address] {
			summary, detail, _ := strings.Cut(warning, "\n\n")
			if strings.HasSuffix(address, ".expired") {
				// Some time after it has expired the server forgets when.
				detail = strings.Replace(detail, "was used up, has expired or was revoked", "has expired at 2026-03-01T02:00:00Z", 1)
			}
			warnings = append(warnings, "Warning: "+summary+"\n\n  with "+address+"\n\n"+wrapped(acctest.Steady(detail), 78))
		}
		if text := r.text[address]; text != "" {
			parts = append(parts, text)
		}
	}
	parts = append(parts, warnings...)
	if len(parts) == 0 {
		return ""
	}
	return "\n```text\n" + acctest.Steady(strings.Join(parts, "\n\n")) + "\n```\n"
}

// wrapped breaks lines between words, as the command lines do.
func wrapped(text string, width int) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}
