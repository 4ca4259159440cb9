package ocivault

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/oracle/oci-go-sdk/v65/common"
)

var (
	// regionForm is a region identifier such as us-ashburn-1 or us-gov-phoenix-1.
	regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z0-9]+)*-[0-9]+$`)
	// regionDomain is how an on-premises cloud names its region: by a domain.
	regionDomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	// regionCode is a short code such as iad.
	regionCode = regexp.MustCompile(`^[a-z]{3}$`)
)

// checkRegion checks the form only, for the SDK's list of regions ends with its
// release date.
func checkRegion(region string) (string, error) {
	region = strings.ToLower(region)
	switch {
	case region == "":
		return "", &ConfigError{Field: "region", Err: errNotSet}
	case regionForm.MatchString(region), regionDomain.MatchString(region):
		return region, nil
	case regionCode.MatchString(region):
		known := string(common.StringToRegion(region))
		if regionForm.MatchString(known) {
			return known, nil
		}
		return "", &ConfigError{Field: "region", Err: fmt.Errorf("the short code %q is not known: want the identifier, such as eu-frankfurt-1", region)}
	default:
		return "", &ConfigError{Field: "region", Err: fmt.Errorf("%q is no region identifier: want one such as eu-frankfurt-1", region)}
	}
}

// checkEndpoint returns the form that the SDK accepts: scheme and host, nothing after.
func checkEndpoint(name, endpoint string) (string, error) {
	endpoint = strings.TrimSuffix(strings.TrimSpace(endpoint), "/")
	if endpoint == "" {
		return "", nil
	}
	refuse := func(reason string) (string, error) {
		return "", &ConfigError{Field: "endpoints." + name, Err: errors.New(reason)}
	}
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return refuse("is no URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http", parsed.Hostname() == "":
		return refuse("want a URL with scheme and host, such as https://secrets.example.com")
	case parsed.User != nil:
		return refuse("must not contain a user name or password")
	case parsed.Path != "" || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return refuse("must end after the host and port")
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return refuse("must be https: plain http is for loopback addresses only, since secrets would travel in the clear")
	}
	return endpoint, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
