package provider

import (
	"os"
	"slices"
	"strings"
)

// envSDKLogLevel is the level below which the plugin SDK writes no log line.
const envSDKLogLevel = "TF_LOG_SDK"

// engineLogLevels are the levels that Terraform and OpenTofu know.
var engineLogLevels = []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"}

// LimitLogs keeps the plugin SDK from writing log lines that the engine, which
// reads them, would drop: some forty for each resource, a third of what a plan of
// many resources costs the provider. To be called before serving. A level that
// the user set for the SDK stands.
func LimitLogs() error {
	if os.Getenv(envSDKLogLevel) != "" {
		return nil
	}
	level := engineLogLevel(os.Getenv)
	if level == "" {
		return nil
	}
	return os.Setenv(envSDKLogLevel, level)
}

// engineLogLevel is the level from which on the engine keeps what providers log;
// empty where it keeps all.
func engineLogLevel(getenv func(string) string) string {
	level := strings.ToUpper(getenv("TF_LOG_PROVIDER"))
	if level == "" {
		level = strings.ToUpper(getenv("TF_LOG"))
	}
	switch {
	case level == "":
		return "OFF"
	case slices.Contains(engineLogLevels, level):
		return level
	default: // JSON, which is everything in another form, or a word the engine takes for TRACE
		return ""
	}
}
