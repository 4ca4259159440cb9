package provider

import (
	"os"
	"testing"
)

func TestLimitLogs(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		want        string
	}{
		"no log wanted":             {map[string]string{}, "OFF"},
		"the engine's level":        {map[string]string{"TF_LOG": "debug"}, "DEBUG"},
		"that of providers wins":    {map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "WARN"}, "WARN"},
		"everything, as JSON":       {map[string]string{"TF_LOG": "JSON"}, ""},
		"a level that is none":      {map[string]string{"TF_LOG": "1"}, ""},
		"only the engine's own log": {map[string]string{"TF_LOG_CORE": "TRACE"}, "OFF"},
		"set by the user":           {map[string]string{"TF_LOG_SDK": "INFO"}, "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_CORE", envSDKLogLevel} {
				t.Setenv(variable, test.environment[variable])
			}
			if err := LimitLogs(); err != nil {
				t.Fatal(err)
			}
			if got := os.Getenv(envSDKLogLevel); got != test.want {
				t.Errorf("%s is %q, want %q", envSDKLogLevel, got, test.want)
			}
		})
	}
}
