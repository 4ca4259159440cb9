package provider_test

import (
	"net/http"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// mode is one way in which a secret is kept and watched.
type mode string

const (
	onKV1     mode = "kv1"
	byVersion mode = "version"
	byContent mode = "content"
)

var (
	everywhere = []mode{byVersion, byContent, onKV1}
	onKV2      = []mode{byVersion, byContent}
)

// driftRow is one cause of the matrix. Each of its modes is a secret of its own.
type driftRow struct {
	name  string // of the resources and the entries
	title string // heading in the guide
	side  string // where it happened
	says  string // what happened and what apply does, for the guide
	modes []mode
	extra string // arguments of the migrated secret
	// mount gives the row mounts of its own, which Terraform manages.
	mount bool
	cause func(place)
	want  outcome
	but   map[mode]outcome // where a mode differs
}

func (r driftRow) outcome(m mode) outcome {
	if differs, found := r.but[m]; found {
		return differs
	}
	return r.want
}

// outcome is what the plan says and what apply leaves. The zero value is: no
// drift, nothing changes.
type outcome struct {
	drift   string   // in the plan; empty for none
	stays   bool     // apply cannot put it right
	plan    []string // texts of the plan
	warns   []string // texts of the warning; none when empty
	hints   []string // texts of a warning that is gone after apply
	mount   string   // actions on the row's own mount, such as "create"
	version int64    // of the source that stands in OpenBao afterwards; 0 is 1
	value   string   // what stands there instead; "-" for nothing
	kv      int64    // KV version afterwards; 0 is 1
}

const (
	inOCI      = "OCI Vault"
	inOpenBao  = "OpenBao"
	byHand     = `{"key":"by hand"}`
	nothing    = "-"
	modified   = "destination_modified"
	missing    = "destination_missing"
	lost       = "ownership_lost"
	newer      = "source_newer"
	sourceGone = "source_missing"
	leaving    = "source_pending_deletion"
)

// repaired is an outcome of which nothing is left but a KV version.
func repaired(drift string, kv int64) outcome { return outcome{drift: drift, kv: kv} }

// unseen is what happens where nothing is noticed.
func unseen(kv int64) outcome { return outcome{kv: kv} }

var ownersKey = migrate.MarkSecretID

// foreignOwner is an OCID that no secret here has.
const foreignOwner = "ocid1.vaultsecret.oc1.eu-frankfurt-1.another"

// openBaoRows are the causes on the side of OpenBao.
var openBaoRows = []driftRow{
	{name: "value_changed", title: "A value was changed", side: inOpenBao, modes: everywhere,
		says:  "Somebody wrote another value. Apply writes the pinned version again; on KV v2 as a new version, and the other value stays as an older one.",
		cause: func(p place) { p.write(byHand) },
		want:  repaired(modified, 3)},
	{name: "field_added", title: "A field was added", side: inOpenBao, modes: everywhere,
		says: "Somebody added a field to the entry. That is another value as well, and apply writes the pinned version again.",
		cause: func(p place) {
			p.write(`{"key":"` + p.row.name + `","token":"v1","added":"by hand"}`)
		},
		want: repaired(modified, 3)},
	{name: "changed_back", title: "A value was changed and changed back", side: inOpenBao, modes: everywhere,
		says: "The value is right, but no longer the version that was written. `version` cannot see that and names it; apply reads the value, finds it right and adopts it without a write. `content` sees no drift.",
		cause: func(p place) {
			p.write(byHand)
			p.write(p.content(1))
		},
		want: unseen(3),
		but:  map[mode]outcome{byVersion: repaired(modified, 3)}},
	{name: "soft_deleted", title: "The current version was soft-deleted", side: inOpenBao, modes: onKV2,
		says:  "Clients read nothing any more. Apply writes the value again as a new version.",
		cause: func(p place) { p.h.Operator(http.MethodDelete, p.data(), nil) },
		want:  repaired("destination_soft_deleted", 2)},
	{name: "version_destroyed", title: "The current version was destroyed", side: inOpenBao, modes: onKV2,
		says: "The value is gone for good. Apply writes it again as a new version.",
		cause: func(p place) {
			p.h.Operator(http.MethodPut, p.mount()+"/destroy/"+p.name(), map[string]any{"versions": []int{1}})
		},
		want: repaired(missing, 2)},
	{name: "entry_deleted", title: "The entry was deleted", side: inOpenBao, modes: everywhere,
		says:  "On KV v2 with its metadata and all its versions. Apply writes it anew.",
		cause: func(p place) { p.h.Operator(http.MethodDelete, p.entry(), nil) },
		want:  repaired(missing, 1)},
	{name: "metadata_edited", title: "Custom metadata was edited", side: inOpenBao, modes: onKV2,
		says:  "Another tool changed a key that the configuration sets. Apply sets it back and leaves the value alone.",
		extra: `custom_metadata = { team = "platform" }`,
		cause: func(p place) { p.patch(map[string]any{"team": "other"}) },
		want:  repaired("metadata_modified", 1)},
	{name: "metadata_added", title: "Custom metadata was added", side: inOpenBao, modes: onKV2,
		says:  "Another tool set a key of its own. That is its business: no drift, and apply leaves the key alone.",
		extra: `custom_metadata = { team = "platform" }`,
		cause: func(p place) { p.patch(map[string]any{"scanned": "yesterday"}) }},
	{name: "mark_removed", title: "The ownership mark was removed", side: inOpenBao, modes: onKV2,
		says: "The keys that begin with `ocibao_` are gone from the custom metadata. Apply sets them again and leaves the value alone.",
		cause: func(p place) {
			p.patch(map[string]any{ownersKey: nil, migrate.MarkVersionNumber: nil, migrate.MarkKVVersion: nil, migrate.MarkManagedBy: nil})
		},
		want: repaired(lost, 1)},
	{name: "taken_over", title: "Another configuration took the path over", side: inOpenBao, modes: onKV2,
		says: "The ownership mark names another OCI secret, so two configurations want one path. Apply writes nothing; the warning names the other secret and the ways out.",
		cause: func(p place) {
			p.write(byHand)
			p.patch(map[string]any{ownersKey: foreignOwner})
		},
		want: outcome{drift: lost, stays: true, value: byHand, kv: 2, warns: []string{
			"Drift that cannot be put right", "drift ownership_lost", "Its ownership mark names " + foreignOwner,
			"Nothing is written", "Choose another name", "take one of the two out of its configuration", `on_conflict = "overwrite"`}}},
	{name: "taken_back", title: "Another configuration took the path over, and may be overwritten", side: inOpenBao, modes: onKV2,
		says:  "The same with `on_conflict = \"overwrite\"`: apply takes the path back. The other value stays as an older version.",
		extra: `on_conflict = "overwrite"`,
		cause: func(p place) {
			p.write(byHand)
			p.patch(map[string]any{ownersKey: foreignOwner})
		},
		want: repaired(lost, 3)},
	{name: "mount_removed", title: "The mount was removed", side: inOpenBao, modes: everywhere, mount: true,
		says:  "With everything in it. Where the mount is an `ocibao_kv_mount`, apply mounts it and writes every secret anew; where it is not, apply fails and says that the engine has to be mounted first.",
		cause: func(p place) { p.h.Operator(http.MethodDelete, "sys/mounts/"+p.mount(), nil) },
		want:  outcome{drift: missing, mount: "create", hints: mountChanged}},
	{name: "mount_replaced", title: "The mount was replaced by another version", side: inOpenBao, modes: everywhere, mount: true,
		says:  "KV v1 where there was KV v2, or the other way round, and empty. Apply brings the mount back to its version (an upgrade in place, or, as it is empty, a replacement) and writes every secret anew.",
		cause: replaceMount,
		want:  outcome{drift: missing, mount: "update", hints: mountChanged},
		but:   map[mode]outcome{onKV1: {drift: missing, mount: "delete,create", hints: mountChanged}}},
}

var mountChanged = []string{"Mount of a migrated secret was removed or replaced", "is gone, or is another version of KV", "mount the engine first, unless this plan does"}

func replaceMount(p place) {
	p.h.Operator(http.MethodDelete, "sys/mounts/"+p.mount(), nil)
	other := "1"
	if p.mode == onKV1 {
		other = "2"
	}
	p.h.MountKV(p.mount(), other)
}

// sourceRows are the causes on the side of OCI, and those on both sides at once.
var sourceRows = []driftRow{
	{name: "rotated", title: "The secret was rotated", side: inOCI, modes: everywhere,
		says:  "The followed stage moved to another version. The plan pins its number, and apply copies that one.",
		cause: func(p place) { p.rotate(1) },
		want:  outcome{drift: newer, version: 2, kv: 2, plan: []string{"version_number = 1 -> 2"}}},
	{name: "rotated_often", title: "The secret was rotated five times", side: inOCI, modes: everywhere,
		says:  "Apply copies the newest version only, with one write. Those between stay in OCI.",
		cause: func(p place) { p.rotate(5) },
		want:  outcome{drift: newer, version: 6, kv: 2, plan: []string{"version_number = 1 -> 6"}}},
	{name: "latest_added", title: "The followed stage `LATEST` moved", side: inOCI, modes: everywhere,
		says:  "A version was added that is not `CURRENT` yet. Who follows `LATEST` gets it; who follows `CURRENT` sees no drift.",
		extra: `stage = "LATEST"`,
		cause: func(p place) { p.must(p.h.OCI.AddPendingVersion(p.id, []byte(p.content(2)))) },
		want:  outcome{drift: newer, version: 2, kv: 2, plan: []string{"version_number = 1 -> 2"}}},
	{name: "pinned_rotated", title: "The secret was rotated, and its version is pinned", side: inOCI, modes: everywhere,
		says:  "With `version_number` set nothing is followed: no drift, whatever OCI does.",
		extra: "version_number = 1",
		cause: func(p place) { p.rotate(1) }},
	{name: "pinned_leaving", title: "A pinned version is scheduled for deletion", side: inOCI, modes: everywhere,
		says:  "What was copied stays. No drift, as the secret itself is there; only a repair would miss the version, and say so.",
		extra: "version_number = 1",
		cause: func(p place) {
			p.rotate(1)
			p.must(p.h.OCI.ScheduleVersionDeletion(p.id, 1, time.Now().AddDate(0, 0, 7)))
		}},
	{name: "content_blocked", title: "An expiry rule blocks the content", side: inOCI, modes: everywhere,
		says:  "What was copied stays. No drift; a repair would fail and say why.",
		cause: func(p place) { p.must(p.h.OCI.BlockRetrieval(p.id)) }},
	{name: "content_denied", title: "The permission to read the content was lost", side: inOCI, modes: everywhere,
		says:  "The permission to see the secret is still there. No drift; a repair would fail and say why. `content` then goes by KV version numbers, as `version` does; on KV v1 it has nothing to compare with, and sees no change of the value.",
		cause: func(p place) { p.h.OCI.Deny(p.id, ociemu.ReadBundle) }},
	{name: "renamed", title: "The secret was renamed", side: inOCI, modes: everywhere,
		says:  "A secret is known by its OCID. No drift; `source.name` follows.",
		cause: func(p place) { p.must(p.h.OCI.Rename(p.id, p.name()+"-renamed")) }},
	{name: "moved_compartment", title: "The secret was moved to another compartment", side: inOCI, modes: everywhere,
		says: "A secret is known by its OCID. No drift, as long as the credentials may see it there.",
		cause: func(p place) {
			id, err := p.h.OCI.AddCompartment(p.h.OCI.TenancyID, "moved-"+string(p.mode))
			p.must(err)
			p.must(p.h.OCI.MoveCompartment(p.id, id))
		}},
	{name: "tags_changed", title: "A copied tag or description was changed", side: inOCI, modes: onKV2,
		says:  "With `copy_freeform_tags` or `copy_description`. Apply brings the custom metadata into step and leaves the value alone.",
		extra: "copy_freeform_tags = true",
		cause: func(p place) { p.must(p.h.OCI.SetFreeformTags(p.id, map[string]string{"team": "payments"})) },
		want:  outcome{drift: "metadata_modified"}},
	{name: "deletion_scheduled", title: "The secret is scheduled for deletion", side: inOCI, modes: everywhere,
		says:  "A warning, with the time of the deletion. What was copied stays as it is, and there is nothing to apply.",
		cause: func(p place) { p.must(p.h.OCI.ScheduleDeletion(p.id, time.Now().AddDate(0, 0, 7))) },
		want: outcome{drift: leaving, stays: true, warns: []string{"Source of a migrated secret is going away", "drift source_pending_deletion",
			"is scheduled for deletion at 2", "The copy in OpenBao is complete and stays as it is", "cancel the deletion"}}},
	{name: "deletion_cancelled", title: "The deletion was cancelled", side: inOCI, modes: everywhere,
		says: "All is as before. No drift, and the warning is gone.",
		cause: func(p place) {
			p.must(p.h.OCI.ScheduleDeletion(p.id, time.Now().AddDate(0, 0, 7)))
			p.must(p.h.OCI.CancelDeletion(p.id))
		}},
	{name: "source_deleted", title: "The secret was deleted", side: inOCI, modes: everywhere,
		says:  "A warning. OCI answers alike for what does not exist and what may not be seen, so the warning says both. What was copied stays as it is.",
		cause: func(p place) { p.must(p.h.OCI.Delete(p.id)) },
		want:  goneAtTheSource},
	{name: "access_lost", title: "The permission to see the secret was lost", side: inOCI, modes: everywhere,
		says:  "The same warning, for the same reason. Once the permission is back so is the plan without a warning.",
		cause: func(p place) { p.h.OCI.Deny(p.id, ociemu.ReadMetadata) },
		want:  goneAtTheSource},
	{name: "changed_and_gone", title: "A value was changed in OpenBao, and its source is gone", side: inOpenBao + " and " + inOCI, modes: everywhere,
		says: "Nothing can put the value right any more, so apply writes nothing and the warning says why. On KV v1 nothing is left to compare with: all that is known is that the source is gone.",
		cause: func(p place) {
			p.write(byHand)
			p.must(p.h.OCI.Delete(p.id))
		},
		want: outcome{drift: modified, stays: true, value: byHand, kv: 2, warns: []string{"Drift that cannot be put right", "drift destination_modified",
			"was changed by somebody else", "does not exist any more, or the credentials lost the permission", "Nothing is written",
			"restore the value in OpenBao", "take the secret out of the configuration"}},
		but: map[mode]outcome{onKV1: {drift: sourceGone, stays: true, value: byHand, warns: goneAtTheSource.warns[:1]}}},
	{name: "deleted_and_leaving", title: "An entry was deleted, and its source is scheduled for deletion", side: inOpenBao + " and " + inOCI, modes: everywhere,
		says: "The content is out of reach as long as the deletion is not cancelled, so apply writes nothing and the warning says what to do.",
		cause: func(p place) {
			p.h.Operator(http.MethodDelete, p.entry(), nil)
			p.must(p.h.OCI.ScheduleDeletion(p.id, time.Now().AddDate(0, 0, 7)))
		},
		want: outcome{drift: missing, stays: true, value: nothing, warns: []string{"Drift that cannot be put right", "drift destination_missing",
			"the secret is gone from OpenBao", "is scheduled for deletion at 2", "Cancel the deletion"}}},
}

var goneAtTheSource = outcome{drift: sourceGone, stays: true, warns: []string{"Source of a migrated secret is going away", "drift source_missing",
	"does not exist any more, or the credentials lost the permission to see it (OCI answers both alike)",
	"The copy in OpenBao is complete and stays as it is", "If the cut-over is done, nothing needs to be done", "grant the permission"}}
