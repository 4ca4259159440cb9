package migrate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MarkHistory is the custom metadata key that tells where each KV version of a
// migration with history came from: "1=3,2=4" for KV version 1 with source
// version 3, and so on.
const MarkHistory = ReservedMetadataPrefix + "history"

// HistoryNumbers are the source versions that a migration with history copies to
// a place that holds the version after, oldest first: those that the source still
// gives, and the pinned one last. An after of 0 means that nothing is there yet.
func HistoryNumbers(versions []SourceVersion, after, pinned int64) []int64 {
	var numbers []int64
	for _, version := range versions {
		if version.Number > after && version.Number < pinned && version.TimeOfDeletion.IsZero() {
			numbers = append(numbers, version.Number)
		}
	}
	return append(numbers, pinned)
}

// series is a run of source versions that become KV versions one after another.
type series struct {
	numbers []int64
	next    int   // index of the first that is still to be written
	current int64 // KV version that must be current for that
	history []string
}

// valueWithHistory copies older versions before the pinned one. Interrupted, it
// goes on where it ended: the KV version that is current is recognised by what it
// holds and by its place in the series.
func (e *execution) valueWithHistory(ctx context.Context, decision Decision, result *Result) (map[string]string, error) {
	versions, err := e.ports.Source.Versions(ctx, e.wish.SecretID)
	if err != nil {
		return nil, err
	}
	var after int64
	if e.managed() && e.state.Wish.SecretID == e.wish.SecretID {
		after = min(e.state.Wish.VersionNumber, decision.VersionNumber-1)
	}
	run := series{numbers: HistoryNumbers(versions, after, decision.VersionNumber)}
	var present Entry
	if e.managed() {
		run.current = e.state.Record.Seen.Number
	} else if present, err = e.resume(ctx, &run); err != nil {
		return nil, err
	}
	if run.next == len(run.numbers) {
		result.Adopted = true
		result.Keys = FieldNames(present.Fields)
		return e.historyPlaced(result, run, placed{version: present.Version, customMetadata: present.CustomMetadata})
	}
	var last placed
	for ; run.next < len(run.numbers); run.next++ {
		if last, err = e.append(ctx, &run, result); err != nil {
			return nil, err
		}
	}
	return e.historyPlaced(result, run, last)
}

// append writes the next version of a series and reads it back.
func (e *execution) append(ctx context.Context, run *series, result *Result) (placed, error) {
	number := run.numbers[run.next]
	bundle, err := e.fetch(ctx, number)
	if err != nil {
		return placed{}, err
	}
	encoded, err := Encode(bundle.Content, e.wish.Format, e.wish.Key, e.engine)
	if err != nil {
		return placed{}, fmt.Errorf("version %d: %w", number, err)
	}
	version, err := e.ports.Target.Write(ctx, e.wish.At, KV2, encoded.Fields, run.current)
	if errors.Is(err, ErrCheckAndSet) {
		return placed{}, fmt.Errorf("%w: %s", ErrChangedMeanwhile, e.wish.At)
	}
	if err != nil {
		return placed{}, err
	}
	result.Keys = encoded.Keys
	run.current = version.Number
	run.history = append(run.history, origin(version.Number, number))
	return e.readBack(ctx, encoded.Fields, version)
}

// resume finds out how much of a series stands at a place that the state knows
// nothing of. What is no part of it is a conflict, as for a single version.
func (e *execution) resume(ctx context.Context, run *series) (Entry, error) {
	entry, err := e.ports.Target.Read(ctx, e.wish.At, KV2, 0)
	if errors.Is(err, ErrDestinationNotFound) {
		return Entry{}, nil
	}
	if err != nil {
		return Entry{}, err
	}
	run.current = entry.Version.Number
	if at := int(entry.Version.Number); at >= 1 && at <= len(run.numbers) {
		bundle, err := e.fetch(ctx, run.numbers[at-1])
		if err != nil {
			return Entry{}, err
		}
		encoded, err := Encode(bundle.Content, e.wish.Format, e.wish.Key, e.engine)
		if err != nil {
			return Entry{}, err
		}
		if SameFields(encoded.Fields, entry.Fields) {
			if _, err := e.adopt(entry); err != nil {
				return Entry{}, err
			}
			for i, number := range run.numbers[:at] {
				run.history = append(run.history, origin(int64(i+1), number))
			}
			run.next = at
			return entry, nil
		}
	}
	if err := e.mayReplace(entry); err != nil {
		return Entry{}, err
	}
	// What the mark proves to be an older copy is followed by the pinned version
	// alone: which versions it skipped, nobody can tell any more.
	run.numbers = run.numbers[len(run.numbers)-1:]
	return entry, nil
}

func origin(kv, source int64) string {
	return strconv.FormatInt(kv, 10) + "=" + strconv.FormatInt(source, 10)
}

// historyPlaced notes where the series came to stand.
func (e *execution) historyPlaced(result *Result, run series, last placed) (map[string]string, error) {
	result.VersionNumber = run.numbers[len(run.numbers)-1]
	result.Record = Record{
		Engine:       e.engine,
		Written:      recorded(last.version),
		Seen:         recorded(last.version),
		MetadataKeys: result.Record.MetadataKeys,
	}
	known := last.customMetadata[MarkHistory]
	if known != "" && len(run.history) > 0 && !strings.Contains(","+known+",", ","+run.history[0]+",") {
		run.history = append([]string{known}, run.history...)
	}
	e.history = strings.Join(run.history, ",")
	if e.history == "" {
		e.history = known
	}
	return last.customMetadata, nil
}
