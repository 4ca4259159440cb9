package migrate

import (
	"fmt"
	"maps"
	"slices"
)

// CoverageQuestion is what a mount is held against.
type CoverageQuestion struct {
	Engine Engine
	// Inventory is what the source has, by the name there.
	Inventory map[string]Pin
	// Selected is what is to be in the mount, by the name there.
	Selected map[string]Pin
	// Ignored are names of the inventory that are left out on purpose.
	Ignored []string
	// Present is what the mount holds, by name; on KV v1 the metadata is empty.
	Present map[string]KVMetadata
}

// Coverage tells how far a migration has come. Every selected name is in exactly
// one of Migrated, Outdated, Modified and Pending, and everything else that
// stands in the mount in one of Orphaned and Foreign. What stands in the place of
// a selected secret without being its copy is in Pending and in one of these two.
type Coverage struct {
	// ByName means that there were no ownership marks to go by, as on KV v1.
	ByName bool
	// Migrated are the names that hold the selected version.
	Migrated map[string]Pin
	// Outdated are the names that hold another version of the selected secret: this one.
	Outdated map[string]Pin
	// Modified are the names that held a version of the selected secret, this
	// one, until something else was written over it.
	Modified map[string]Pin
	// Pending are the names that hold no copy of the selected secret.
	Pending map[string]Pin
	// Orphaned are the names that hold a copy, of this version, which nobody
	// selected for this name.
	Orphaned map[string]Pin
	// Foreign are the names that hold something without an ownership mark.
	Foreign []string
	// Unselected are the names of the inventory whose secret is neither selected
	// nor ignored.
	Unselected []string
	// Ignored are the names of the inventory that are ignored and not selected.
	Ignored []string

	question CoverageQuestion
	notes    map[string]string // by name in the mount
}

// CoverageCounts are the sizes of the parts of a [Coverage].
type CoverageCounts struct {
	Inventory  int64 `json:"inventory"`
	Selected   int64 `json:"selected"`
	Migrated   int64 `json:"migrated"`
	Outdated   int64 `json:"outdated"`
	Modified   int64 `json:"modified"`
	Pending    int64 `json:"pending"`
	Unselected int64 `json:"unselected"`
	Ignored    int64 `json:"ignored"`
	Orphaned   int64 `json:"orphaned"`
	Foreign    int64 `json:"foreign"`
}

// Cover compares. It reads nothing and needs no value of a secret.
func Cover(question CoverageQuestion) Coverage {
	c := Coverage{
		ByName:   question.Engine == KV1,
		Migrated: map[string]Pin{}, Outdated: map[string]Pin{}, Modified: map[string]Pin{}, Pending: map[string]Pin{}, Orphaned: map[string]Pin{},
		Foreign: []string{}, Unselected: []string{}, Ignored: []string{},
		question: question, notes: map[string]string{},
	}
	for name, wanted := range question.Selected {
		c.judgeSelected(name, wanted)
	}
	c.judgeInventory()
	c.judgeOthers()
	slices.Sort(c.Foreign)
	return c
}

// Complete tells whether every selected secret is migrated, at least one is, and
// every secret of the inventory is selected or ignored. An empty selection is not
// complete: more often than not it is an inventory of the wrong place.
func (c Coverage) Complete() bool {
	counts := c.Counts()
	return counts.Migrated > 0 && counts.Migrated == counts.Selected && counts.Unselected == 0
}

// Counts are the sizes of the parts.
func (c Coverage) Counts() CoverageCounts {
	return CoverageCounts{
		Inventory: int64(len(c.question.Inventory)), Selected: int64(len(c.question.Selected)),
		Migrated: int64(len(c.Migrated)), Outdated: int64(len(c.Outdated)), Modified: int64(len(c.Modified)), Pending: int64(len(c.Pending)),
		Unselected: int64(len(c.Unselected)), Ignored: int64(len(c.Ignored)), Orphaned: int64(len(c.Orphaned)), Foreign: int64(len(c.Foreign)),
	}
}

func (c *Coverage) judgeSelected(name string, wanted Pin) {
	found, isThere := c.question.Present[name]
	if isThere && c.ByName {
		c.Migrated[name] = wanted
		return
	}
	mark, marked := ReadMark(found.CustomMetadata)
	copied := Pin{SecretID: mark.SecretID, VersionNumber: mark.VersionNumber}
	switch {
	case !isThere || found.CurrentVersion.Number == 0:
		c.Pending[name] = wanted
	case !found.standing():
		c.Pending[name], c.notes[name] = wanted, "deleted in OpenBao"
	case !marked:
		c.Pending[name], c.notes[name] = wanted, "something without an ownership mark stands there"
	case mark.SecretID != wanted.SecretID:
		c.Pending[name], c.notes[name] = wanted, "a copy of another secret stands there"
	case mark.KVVersion != found.CurrentVersion.Number:
		c.Modified[name], c.notes[name] = copied, fmt.Sprintf("KV version %d was written by something else", found.CurrentVersion.Number)
	case copied != wanted:
		c.Outdated[name], c.notes[name] = copied, fmt.Sprintf("version %d, selected is %d", copied.VersionNumber, wanted.VersionNumber)
	default:
		c.Migrated[name] = wanted
	}
}

// judgeInventory goes by the OCID, since a selection renames.
func (c *Coverage) judgeInventory() {
	selected, ignored := map[string]bool{}, map[string]bool{}
	for _, pin := range c.question.Selected {
		selected[pin.SecretID] = true
	}
	for _, name := range c.question.Ignored {
		ignored[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.question.Inventory)) {
		switch {
		case selected[c.question.Inventory[name].SecretID]:
		case ignored[name]:
			c.Ignored = append(c.Ignored, name)
		default:
			c.Unselected = append(c.Unselected, name)
		}
	}
}

// judgeOthers looks at what stands in the mount and is not what was selected.
func (c *Coverage) judgeOthers() {
	selectedAs, inventoried := firstNames(c.question.Selected), firstNames(c.question.Inventory)
	for name, found := range c.question.Present {
		wanted, isSelected := c.question.Selected[name]
		if c.ByName {
			if !isSelected {
				c.Foreign = append(c.Foreign, name)
			}
			continue
		}
		mark, marked := ReadMark(found.CustomMetadata)
		switch {
		case !found.standing():
		case !marked:
			c.Foreign = append(c.Foreign, name)
		case !isSelected || mark.SecretID != wanted.SecretID:
			c.Orphaned[name] = Pin{SecretID: mark.SecretID, VersionNumber: mark.VersionNumber}
			if !isSelected {
				c.notes[name] = whyOrphaned(mark.SecretID, selectedAs, inventoried)
			}
		}
	}
}

func whyOrphaned(secretID string, selectedAs, inventoried map[string]string) string {
	if name, is := selectedAs[secretID]; is {
		return "selected as " + code(name)
	}
	if name, is := inventoried[secretID]; is {
		return "not selected; in the inventory as " + code(name)
	}
	return "not in the inventory"
}

// firstNames are the first names of secrets in order, by OCID.
func firstNames(pins map[string]Pin) map[string]string {
	names := map[string]string{}
	for name, pin := range pins {
		if first, has := names[pin.SecretID]; !has || name < first {
			names[pin.SecretID] = name
		}
	}
	return names
}

// standing tells whether there is a value to read.
func (m KVMetadata) standing() bool {
	return m.CurrentVersion.Number > 0 && !m.CurrentVersion.Deleted && !m.CurrentVersion.Destroyed
}
