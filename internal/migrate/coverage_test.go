package migrate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// pins reads "name=secret@version" words; the secrets' OCIDs are shortened.
func pins(text string) map[string]migrate.Pin {
	all := map[string]migrate.Pin{}
	for word := range strings.FieldsSeq(text) {
		name, rest, _ := strings.Cut(word, "=")
		all[name] = coveragePin(rest)
	}
	return all
}

func coveragePin(text string) migrate.Pin {
	pin, err := migrate.ParsePin("ocid1.vaultsecret." + text)
	if err != nil {
		panic(err)
	}
	return pin
}

// mounted reads "name=secret@version" words, each a copy in KV version 1, and
// what comes after a colon: "over" for a later KV version of somebody else,
// "deleted", "destroyed", "empty" for metadata without a version. A word without
// "=" has no mark.
func mounted(text string) map[string]migrate.KVMetadata {
	all := map[string]migrate.KVMetadata{}
	for word := range strings.FieldsSeq(text) {
		word, state, _ := strings.Cut(word, ":")
		metadata := migrate.KVMetadata{CurrentVersion: migrate.KVVersion{Number: 1}}
		name, pin, marked := strings.Cut(word, "=")
		if marked {
			parsed := coveragePin(pin)
			metadata.CustomMetadata = map[string]string{
				migrate.MarkManagedBy: "terraform-provider-ocibao", migrate.MarkSecretID: parsed.SecretID,
				migrate.MarkVersionNumber: fmt.Sprint(parsed.VersionNumber), migrate.MarkKVVersion: "1",
			}
		}
		switch state {
		case "over":
			metadata.CurrentVersion.Number = 2
		case "deleted":
			metadata.CurrentVersion.Deleted = true
		case "destroyed":
			metadata.CurrentVersion.Destroyed = true
		case "empty":
			metadata.CurrentVersion.Number = 0
		}
		all[name] = metadata
	}
	return all
}

// shown writes the parts of a coverage that are not empty, in order.
func shown(c migrate.Coverage) string {
	var parts []string
	maps := []struct {
		title string
		pins  map[string]migrate.Pin
	}{{"migrated", c.Migrated}, {"outdated", c.Outdated}, {"modified", c.Modified}, {"pending", c.Pending}, {"orphaned", c.Orphaned}}
	for _, part := range maps {
		if words := pinWords(part.pins); words != "" {
			parts = append(parts, part.title+" "+words)
		}
	}
	for _, part := range []struct {
		title string
		names []string
	}{{"foreign", c.Foreign}, {"unselected", c.Unselected}, {"ignored", c.Ignored}} {
		if len(part.names) > 0 {
			parts = append(parts, part.title+" "+strings.Join(part.names, " "))
		}
	}
	if c.Complete() {
		parts = append(parts, "complete")
	}
	return strings.Join(parts, "; ")
}

func pinWords(of map[string]migrate.Pin) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		words = append(words, name+"="+strings.TrimPrefix(of[name].String(), "ocid1.vaultsecret."))
	}
	return strings.Join(words, " ")
}

func TestCover(t *testing.T) {
	for name, test := range map[string]struct {
		inventory, selected, ignored, present, want string
		engine                                      migrate.Engine
	}{
		"nothing at all":      {},
		"all there":           {inventory: "cloud_a=A@1", selected: "a=A@1", present: "a=A@1", want: "migrated a=A@1; complete"},
		"not there":           {inventory: "a=A@1", selected: "a=A@1", want: "pending a=A@1"},
		"older version":       {inventory: "a=A@2", selected: "a=A@2", present: "a=A@1", want: "outdated a=A@1"},
		"pinned back":         {inventory: "a=A@2", selected: "a=A@1", present: "a=A@2", want: "outdated a=A@2"},
		"written over":        {inventory: "a=A@1", selected: "a=A@1", present: "a=A@1:over", want: "modified a=A@1"},
		"old and overwritten": {inventory: "a=A@2", selected: "a=A@2", present: "a=A@1:over", want: "modified a=A@1"},
		"soft-deleted":        {inventory: "a=A@1", selected: "a=A@1", present: "a=A@1:deleted", want: "pending a=A@1"},
		"destroyed":           {inventory: "a=A@1", selected: "a=A@1", present: "a=A@1:destroyed", want: "pending a=A@1"},
		"metadata alone":      {inventory: "a=A@1", selected: "a=A@1", present: "a=A@1:empty b:empty", want: "pending a=A@1"},
		"foreign in its place": {
			inventory: "a=A@1", selected: "a=A@1", present: "a b", want: "pending a=A@1; foreign a b",
		},
		"another in its place": {
			inventory: "a=A@1", selected: "a=A@1", present: "a=B@3", want: "pending a=A@1; orphaned a=B@3",
		},
		"swapped": {
			inventory: "a=A@1 b=B@1", selected: "a=A@1 b=B@1", present: "a=B@1 b=A@1",
			want: "pending a=A@1 b=B@1; orphaned a=B@1 b=A@1",
		},
		"renamed": {
			inventory: "a=A@1", selected: "new=A@1", present: "new=A@1 old=A@1", want: "migrated new=A@1; orphaned old=A@1; complete",
		},
		"source gone": {
			inventory: "a=A@1", selected: "a=A@1", present: "a=A@1 gone=X@9", want: "migrated a=A@1; orphaned gone=X@9; complete",
		},
		"deleted orphan": {
			inventory: "a=A@1", selected: "a=A@1", present: "a=A@1 gone=X@9:deleted other:deleted", want: "migrated a=A@1; complete",
		},
		"excluded": {
			inventory: "a=A@1 b=B@1", selected: "a=A@1", present: "a=A@1", want: "migrated a=A@1; unselected b",
		},
		"excluded on purpose": {
			inventory: "a=A@1 b=B@1", selected: "a=A@1", ignored: "b nowhere", present: "a=A@1", want: "migrated a=A@1; ignored b; complete",
		},
		"ignored yet selected": {
			inventory: "a=A@1", selected: "a=A@1", ignored: "a", present: "a=A@1", want: "migrated a=A@1; complete",
		},
		"selected at another version than the inventory's": {
			inventory: "a=A@5", selected: "a=A@2", present: "a=A@2", want: "migrated a=A@2; complete",
		},
		"selected from elsewhere": {selected: "a=A@1", present: "a=A@1", want: "migrated a=A@1; complete"},
		"one secret twice": {
			inventory: "a=A@1", selected: "x=A@1 y=A@1", present: "x=A@1", want: "migrated x=A@1; pending y=A@1",
		},
		"nothing selected": {inventory: "a=A@1", ignored: "a", want: "ignored a"},
		"KV v1 has names only": {
			engine: migrate.KV1, inventory: "a=A@1 b=B@1", selected: "a=A@1 b=B@1", present: "a other", want: "migrated a=A@1; pending b=B@1; foreign other",
		},
		"half a mark is none": {
			inventory: "a=A@1", selected: "a=A@1", present: "a=A@1 broken", want: "migrated a=A@1; foreign broken; complete",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.engine == 0 {
				test.engine = migrate.KV2
			}
			present := mounted(test.present)
			if broken, is := present["broken"]; is {
				broken.CustomMetadata = map[string]string{migrate.MarkManagedBy: "terraform-provider-ocibao", migrate.MarkSecretID: "ocid1.vaultsecret.A"}
				present["broken"] = broken
			}
			c := migrate.Cover(migrate.CoverageQuestion{
				Engine: test.engine, Inventory: pins(test.inventory), Selected: pins(test.selected),
				Ignored: strings.Fields(test.ignored), Present: present,
			})
			if got := shown(c); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			counts := c.Counts()
			if counts.Migrated+counts.Outdated+counts.Modified+counts.Pending != counts.Selected {
				t.Errorf("the parts do not make up the selection: %+v", counts)
			}
		})
	}
}

func TestCoverageReports(t *testing.T) {
	question := migrate.CoverageQuestion{
		Engine:    migrate.KV2,
		Inventory: pins("cloud_a=A@2 cloud_b=B@1 cloud_c=C@1 cloud_d=D@1 cloud_e=E@1"),
		Selected:  pins("a=A@2 b=B@1 c=C@1 d=D@1"),
		Ignored:   []string{"cloud_x"},
		Present:   mounted("a=A@1 b=B@1 c=C@1:over d old=B@1 gone=X@7 left=E@1"),
	}
	c, at := migrate.Cover(question), migrate.Location{Namespace: "team", Mount: "credentials"}
	want := "### Migration to `team/credentials`: incomplete\n\n1 of 4 selected secrets are migrated.\n\n" +
		"| | Secrets |\n| --- | ---: |\n| In the inventory | 5 |\n| Selected | 4 |\n| Migrated | 1 |\n| Outdated | 1 |\n| Modified in OpenBao | 1 |\n" +
		"| Pending | 1 |\n| Not selected | 1 |\n| Ignored | 0 |\n| Orphaned in OpenBao | 3 |\n| Foreign in OpenBao | 1 |\n" +
		"\n#### Outdated\n\n| Name | Pin | Note |\n| --- | --- | --- |\n| `a` | `ocid1.vaultsecret.A@1` | version 1, selected is 2 |\n" +
		"\n#### Modified in OpenBao\n\n| Name | Pin | Note |\n| --- | --- | --- |\n| `c` | `ocid1.vaultsecret.C@1` | KV version 2 was written by something else |\n" +
		"\n#### Pending\n\n| Name | Pin | Note |\n| --- | --- | --- |\n| `d` | `ocid1.vaultsecret.D@1` | something without an ownership mark stands there |\n" +
		"\n#### Not selected\n\n| Name |\n| --- |\n| `cloud_e` |\n" +
		"\n#### Orphaned in OpenBao\n\n| Name | Pin | Note |\n| --- | --- | --- |\n" +
		"| `gone` | `ocid1.vaultsecret.X@7` | not in the inventory |\n" +
		"| `left` | `ocid1.vaultsecret.E@1` | not selected; in the inventory as `cloud_e` |\n" +
		"| `old` | `ocid1.vaultsecret.B@1` | selected as `b` |\n" +
		"\n#### Foreign in OpenBao\n\n| Name |\n| --- |\n| `d` |\n"
	if got := c.Markdown(at); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var report struct {
		Namespace, Mount            string
		Complete                    bool
		Counts                      migrate.CoverageCounts
		Outdated, Pending, Orphaned map[string]string
		Unselected, Ignored         []string
	}
	if err := json.Unmarshal([]byte(c.JSON(at)), &report); err != nil {
		t.Fatal(err)
	}
	if report.Namespace != "team" || report.Mount != "credentials" || report.Complete || report.Counts != c.Counts() ||
		report.Outdated["a"] != "ocid1.vaultsecret.A@1" || report.Pending["d"] == "" || len(report.Orphaned) != 3 ||
		!slices.Equal(report.Unselected, []string{"cloud_e"}) || report.Ignored == nil {
		t.Errorf("got %s", c.JSON(at))
	}
	for range 20 {
		again := migrate.Cover(question)
		if again.Markdown(at) != c.Markdown(at) || again.JSON(at) != c.JSON(at) {
			t.Fatal("the reports are not the same each time")
		}
	}
	if text := migrate.Cover(migrate.CoverageQuestion{Engine: migrate.KV1}).Markdown(at); !strings.Contains(text, "only the names were compared") {
		t.Errorf("got %s", text)
	}
}

// A comment takes 65,536 characters, whatever the names are and however many.
func TestCoverageReports_Thousands(t *testing.T) {
	long := strings.Repeat("|`\u2028", 300)
	question := migrate.CoverageQuestion{
		Engine: migrate.KV2, Inventory: map[string]migrate.Pin{}, Selected: map[string]migrate.Pin{}, Present: map[string]migrate.KVMetadata{},
	}
	states := []string{"", ":over", ":deleted"}
	for i := range 6000 {
		name := fmt.Sprintf("%d%s", i, long)
		wanted := coveragePin(fmt.Sprintf("%s%d@2", strings.Repeat("a", 200), i))
		question.Inventory[name+"?"] = coveragePin(fmt.Sprintf("%d@1", i))
		question.Selected[name] = wanted
		metadata := mounted("x=" + strings.TrimPrefix(wanted.SecretID, "ocid1.vaultsecret.") + "@1" + states[i%3])["x"]
		question.Present[name] = metadata
		question.Present[name+"+"] = metadata
		question.Present[name+"-"] = mounted("x")["x"]
	}
	c := migrate.Cover(question)
	counts := c.Counts()
	if counts.Outdated != 2000 || counts.Modified != 2000 || counts.Pending != 2000 || counts.Unselected != 6000 || counts.Orphaned != 4000 || counts.Foreign != 6000 {
		t.Errorf("got %+v", counts)
	}
	text := c.Markdown(migrate.Location{Mount: "credentials"})
	if length := utf8.RuneCountInString(text); length > 65_536 {
		t.Errorf("%d characters", length)
	}
	for _, want := range []string{"| Pending | 2000 |", "| and 1980 more | | |", "| and 5980 more |", "| Orphaned in OpenBao | 4000 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestCoverageReports_Escaping(t *testing.T) {
	for name, want := range map[string]string{
		"a|b":           "| `a\\|b` |",
		"@everyone <b>": "| `@everyone <b>` |",
		"a`b":           "| `` a`b `` |",
		"``":            "| ``` `` ``` |",
		"new\nline":     "| `new\uFFFDline` |",
	} {
		text := migrate.Cover(migrate.CoverageQuestion{
			Engine: migrate.KV2, Present: map[string]migrate.KVMetadata{name: mounted("x")["x"]},
		}).Markdown(migrate.Location{Mount: "credentials"})
		if !strings.HasSuffix(text, "\n"+want+"\n") {
			t.Errorf("%q: got %s", name, text)
		}
	}
}
