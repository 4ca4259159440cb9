package ociemu

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxLimit is the largest value of limit that lists accept.
const maxLimit = 1000

// namePattern is what the names of secrets and versions are made of.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// parameter is a query parameter that a call knows.
type parameter struct {
	name     string
	required bool
	valid    func(string) bool
}

var (
	limitParameter = parameter{name: "limit", valid: isLimit}
	pageParameter  = parameter{name: "page", valid: isAnything}
	sortOrder      = parameter{name: "sortOrder", valid: oneOf("ASC", "DESC")}

	compartmentParameters = []parameter{
		{name: "compartmentId", required: true, valid: isOCIDParameter(kindCompartment, kindTenancy)},
		{name: "accessLevel", valid: oneOf("ANY", "ACCESSIBLE")},
		{name: "compartmentIdInSubtree", valid: oneOf("true", "false")},
		{name: "name", valid: isAnything},
		{name: "lifecycleState", valid: oneOfFold(compartmentStates...)},
		{name: "sortBy", valid: oneOf("TIMECREATED", "NAME")},
		sortOrder, limitParameter, pageParameter,
	}
	vaultParameters = []parameter{
		{name: "compartmentId", required: true, valid: isOCIDParameter(kindCompartment, kindTenancy)},
		{name: "sortBy", valid: oneOf("TIMECREATED", "DISPLAYNAME")},
		sortOrder, limitParameter, pageParameter,
	}
	secretParameters = []parameter{
		{name: "compartmentId", required: true, valid: isOCIDParameter(kindCompartment, kindTenancy)},
		{name: "vaultId", valid: isOCIDParameter(kindVault)},
		{name: "name", valid: namePattern.MatchString},
		{name: "lifecycleState", valid: oneOfFold(secretStates...)},
		{name: "sortBy", valid: oneOf("TIMECREATED", "NAME")},
		sortOrder, limitParameter, pageParameter,
	}
	versionParameters = []parameter{
		{name: "sortBy", valid: oneOf("VERSION_NUMBER")},
		sortOrder, limitParameter, pageParameter,
	}
	bundleParameters = []parameter{
		{name: "versionNumber", valid: isVersionNumber},
		{name: "secretVersionName", valid: namePattern.MatchString},
		{name: "stage", valid: oneOf("CURRENT", "PENDING", "LATEST", "PREVIOUS", "DEPRECATED")},
	}
	bundleByNameParameters = slices.Concat([]parameter{
		{name: "secretName", required: true, valid: namePattern.MatchString},
		{name: "vaultId", required: true, valid: isOCIDParameter(kindVault)},
	}, bundleParameters)
)

func isAnything(string) bool { return true }

func isLimit(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n >= 1 && n <= maxLimit && strconv.Itoa(n) == value
}

func isVersionNumber(value string) bool {
	n, err := strconv.ParseInt(value, 10, 64)
	return err == nil && n >= 1 && strconv.FormatInt(n, 10) == value
}

func isOCIDParameter(kinds ...string) func(string) bool {
	return func(value string) bool { return isOCIDOf(value, kinds...) }
}

func oneOf(allowed ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(allowed, value) }
}

func oneOfFold(allowed ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(allowed, strings.ToUpper(value)) }
}

// parseQuery refuses what a call does not know, a parameter that comes twice or
// empty, and what its check does not accept.
func parseQuery(rawQuery string, known []parameter) (map[string]string, *answer) {
	refuse := func(a answer) (map[string]string, *answer) { return nil, &a }
	parsed, err := url.ParseQuery(rawQuery)
	if err != nil {
		return refuse(InvalidParameter.answer("The query string cannot be parsed."))
	}
	query := map[string]string{}
	for name, values := range parsed {
		at := slices.IndexFunc(known, func(p parameter) bool { return p.name == name })
		if at < 0 {
			return refuse(InvalidParameter.answer(fmt.Sprintf("The query parameter %q is unknown.", name)))
		}
		if len(values) > 1 {
			return refuse(InvalidParameter.answer(fmt.Sprintf("The query parameter %s is repeated.", name)))
		}
		if values[0] == "" || !known[at].valid(values[0]) {
			return refuse(refuseParameter(name))
		}
		query[name] = values[0]
	}
	for _, p := range known {
		if _, present := query[p.name]; p.required && !present {
			return refuse(missingParameter.answer(fmt.Sprintf("The query parameter %s is missing.", p.name)))
		}
	}
	return query, nil
}
