package glue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// Failure says what could not be done: "Unable to <verb> <thing> <identity>".
type Failure struct {
	Verb     string // "read", "create", "migrate"
	Thing    string // "KV mount", "secret"
	Identity string // a path, a name or an OCID
}

// Summary is "Unable to <verb> <thing> <identity>".
func (f Failure) Summary() string {
	return strings.TrimSpace(fmt.Sprintf("Unable to %s %s %s", f.Verb, f.Thing, f.Identity))
}

// Add turns an error into a diagnostic: the cause, then what to do about it. One
// that was made by At points there.
func (f Failure) Add(diags *diag.Diagnostics, err error) {
	var placed placed
	if errors.As(err, &placed) {
		f.AddTo(diags, path.Root(placed.attribute), err)
		return
	}
	diags.AddError(f.Summary(), Detail(err))
}

// AddTo is Add for an error that an attribute caused.
func (f Failure) AddTo(diags *diag.Diagnostics, at path.Path, err error) {
	diags.AddAttributeError(at, f.Summary(), Detail(err))
}

// At is an error that an attribute caused; nil for nil.
func At(attribute string, err error) error {
	if err == nil {
		return nil
	}
	return placed{err, attribute}
}

type placed struct {
	error
	attribute string
}

func (p placed) Unwrap() error { return p.error }

// remedied is an error of an adapter that knows a way out.
type remedied interface {
	error
	Remedy() string
}

// Detail is the text of an error with the remedy that its adapter knows.
func Detail(err error) string {
	if errors.Is(err, context.Canceled) {
		return "The run was cancelled. What was done so far stays; run apply again to continue."
	}
	detail := sentence(err.Error())
	var known remedied
	if errors.As(err, &known) {
		if remedy := known.Remedy(); remedy != "" {
			detail += "\n\n" + sentence(remedy)
		}
	}
	return detail
}

// Hint adds what to do to an error that does not know it by itself.
func Hint(err error, remedy string) error {
	var known remedied
	if errors.As(err, &known) && known.Remedy() != "" {
		return err
	}
	return hinted{err, remedy}
}

type hinted struct {
	error
	remedy string
}

func (h hinted) Remedy() string { return h.remedy }

func (h hinted) Unwrap() error { return h.error }

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "}") || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "."
}
