package ociemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Refusal is an error answer of OCI: an HTTP status and the code that goes with it.
type Refusal struct {
	Status int    // HTTP status, for example 409
	Code   string // code in the body, for example "IncorrectState"
}

// Refusals that [WithPendingDeletionAnswer] and [WithBlockedRetrievalAnswer] choose among.
var (
	IncorrectState          = Refusal{http.StatusConflict, "IncorrectState"}
	NotAuthorizedOrNotFound = Refusal{http.StatusNotFound, "NotAuthorizedOrNotFound"}
	InvalidParameter        = Refusal{http.StatusBadRequest, "InvalidParameter"}
)

var (
	missingParameter = Refusal{http.StatusBadRequest, "MissingParameter"}
	notAuthenticated = Refusal{http.StatusUnauthorized, "NotAuthenticated"}
	notFound         = Refusal{http.StatusNotFound, "NotFound"}
	methodNotAllowed = Refusal{http.StatusMethodNotAllowed, "MethodNotAllowed"}
	tooManyRequests  = Refusal{http.StatusTooManyRequests, "TooManyRequests"}
)

const (
	messageNotAuthenticated = "The required information to complete authentication was not provided or was incorrect."
	messageNotFound         = "Authorization failed or requested resource not found."
	messageThrottled        = "User-rate limit exceeded."
)

// answer is a complete reply, encoded while the state is locked.
type answer struct {
	status      int
	contentType string
	header      map[string]string
	body        []byte
	reason      string
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r Refusal) answer(message string) answer {
	a := encode(errorBody{Code: r.Code, Message: message})
	a.status = r.Status
	a.reason = message
	return a
}

func refuseNotFound(reason string) answer {
	a := NotAuthorizedOrNotFound.answer(messageNotFound)
	a.reason = reason
	return a
}

func refuseParameter(name string) answer {
	return InvalidParameter.answer(fmt.Sprintf("The value of the query parameter %s is invalid.", name))
}

// encode panics on failure because everything that it is given is made of plain
// structs, maps and strings.
func encode(body any) answer {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("ociemu: encode %T: %v", body, err))
	}
	return answer{status: http.StatusOK, contentType: "application/json", header: map[string]string{}, body: encoded}
}

func (a answer) withHeader(name, value string) answer {
	a.header[name] = value
	return a
}

// timestamp is a time as OCI writes it: RFC 3339 in UTC with milliseconds.
type timestamp time.Time

func (t timestamp) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z") + `"`), nil
}

// optionalTime is null for the zero time.
func optionalTime(t time.Time) *timestamp {
	if t.IsZero() {
		return nil
	}
	stamp := timestamp(t)
	return &stamp
}
