package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options say what is measured.
type options struct {
	sizes     []int
	runs      int
	latencies []time.Duration
	shapes    []shape
	out       string
	profile   string // directory of a CPU profile; then nothing is measured
}

// mostForEach is the largest number of secrets measured with for_each: the engine
// is quadratic in it.
const mostForEach = 1000

func parseOptions(args []string, usage io.Writer) (options, error) {
	var set options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(usage)
	sizes := flags.String("sizes", "100,1000,5000", "numbers of secrets, for_each up to "+strconv.Itoa(mostForEach)+" only")
	latencies := flags.String("latency", "0,30ms", "time that either side waits before it answers a request")
	only := flags.String("only", "bulk,for_each", "what is measured of the provider")
	flags.IntVar(&set.runs, "runs", 5, "measured runs, of which the medians are shown")
	flags.StringVar(&set.out, "out", "bin/bench.json", "file for the figures as JSON; empty for none")
	flags.StringVar(&set.profile, "profile", "",
		"write CPU profiles of the provider in one run of the first size and shape into this `directory`, and measure nothing")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	if set.runs < 1 {
		return set, fmt.Errorf("-runs %d: at least 1", set.runs)
	}
	var err error
	if set.sizes, err = list(*sizes, size); err != nil {
		return set, fmt.Errorf("-sizes: %w", err)
	}
	slices.Sort(set.sizes)
	if set.latencies, err = list(*latencies, latency); err != nil {
		return set, fmt.Errorf("-latency: %w", err)
	}
	if set.shapes, err = list(*only, shapeNamed); err != nil {
		return set, fmt.Errorf("-only: %w", err)
	}
	return set, nil
}

func list[T comparable](text string, parse func(string) (T, error)) ([]T, error) {
	var values []T
	for part := range strings.SplitSeq(text, ",") {
		value, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values, nil
}

func size(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return 0, fmt.Errorf("%q is no number of secrets", text)
	}
	return number, nil
}

func latency(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	return d, nil
}

func shapeNamed(text string) (shape, error) {
	for _, known := range shapes {
		if known.name == text {
			return known, nil
		}
	}
	return shape{}, fmt.Errorf("%q is neither bulk nor for_each", text)
}

// estimate is roughly how long a run takes on two quiet cores. The rates are from
// such a machine; other work on it easily doubles them.
func estimate(set options) time.Duration {
	var seconds float64
	for _, shape := range set.shapes {
		for _, size := range set.sizes {
			if !shape.measures(size) {
				continue
			}
			n := float64(size)
			// One step of the engine, and one request after the other of the loop.
			engine := 0.5 + n/5000*2.5
			if shape.forEach {
				engine = 0.5 + n/1000*2 + n*n/1e6*4
			}
			perRun := 3 * engine
			for _, waits := range set.latencies {
				// The slower side decides: two requests to OCI, by eight at a time.
				loop := n * max(0.0035, 2*waits.Seconds()/8)
				perRun += 3*engine + 2.5*loop*2
			}
			seconds += perRun * (float64(set.runs) + 0.5)
		}
	}
	return time.Duration(seconds * float64(time.Second))
}
