package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestMedian(t *testing.T) {
	costs := func(walls ...time.Duration) []cost {
		var made []cost
		for i, wall := range walls {
			made = append(made, cost{Wall: wall, ProviderMemory: int64(i)})
		}
		return made
	}
	for _, test := range []struct {
		walls []time.Duration
		want  time.Duration
	}{
		{nil, 0}, {[]time.Duration{7}, 7}, {[]time.Duration{9, 1}, 5}, {[]time.Duration{100, 1, 3}, 3}, {[]time.Duration{1, 2, 4, 1000}, 3},
	} {
		if got := median(costs(test.walls...)).Wall; got != test.want {
			t.Errorf("median of %v is %v, want %v", test.walls, got, test.want)
		}
	}
	// Each figure has its own median.
	if got := median(costs(100, 1, 3)).ProviderMemory; got != 1 {
		t.Errorf("got %d", got)
	}
}

// found are results of one size in which the provider takes so much time, and
// the floors one second each.
func found(set options, size int, wall time.Duration) results {
	r := newResults()
	for _, waiting := range set.latencies {
		for _, step := range steps {
			r.add(key{bulk.name, size, theProvider, step, waiting}, cost{Wall: wall, CPU: wall, ProviderCPU: time.Second, ProviderMemory: 50_000_000})
			r.add(key{bulk.name, size, theLoop, step, waiting}, cost{Wall: time.Second, CPU: time.Second})
		}
	}
	for _, step := range steps {
		r.add(key{bulk.name, size, theEngine, step, 0}, cost{Wall: time.Second, CPU: time.Second})
		r.add(key{bulk.name, size, theEcho, step, 0}, cost{Wall: 1500 * time.Millisecond, CPU: 4 * time.Second})
		source, destination := step.most()
		r.footprint(bulk, size).Requests[step] = requests{size, source * size, destination * size, 1}
	}
	return r
}

func TestReport(t *testing.T) {
	set, err := parseOptions([]string{"-sizes", "1000", "-latency", "0,30ms", "-runs", "1"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	text := func(r report) string {
		var b strings.Builder
		if err := r.writeMarkdown(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	measured := found(set, 1000, 2500*time.Millisecond)
	r := newReport(set, machine{CPUs: 2}, measured)
	if err := r.exceeded(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"| 1,000 | 30ms | first apply | 2.50 s | 1.00 + 1.00 s | 1.25 | 2.50 s | 1.00 + 1.00 s | 1.25 | 1.50 s | 4.00 s | 1.00, CPU 0.50 |",
		"| bulk | 1,000 | 2 + 3, 1 besides | 1 + 1, 1 besides | 1.0 ms | 1.0 ms | 50.0 MB | 0.0 MB |",
		"at most 1.3 times loop and engine: met in all 4",
	} {
		if got := text(r); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	slow := text(newReport(set, machine{}, found(set, 1000, 2700*time.Millisecond)))
	if !strings.Contains(slow, "met in 0 of 4, not in first apply of 1,000 at 0 (1.35, CPU 1.35)") {
		t.Error(slow)
	}
	// Of a run that was broken off, what is complete is shown.
	partly := found(set, 1000, time.Second)
	delete(partly.costs, key{bulk.name, 1000, theLoop, apply, 0})
	if got := len(newReport(set, machine{}, partly).Comparisons); got != 5 {
		t.Errorf("%d comparisons, want 5", got)
	}
	// A request too many is an error, whatever the machine.
	measured.footprint(bulk, 1000).Requests[planNothing] = requests{1000, 1001, 1000, 1}
	if err := newReport(set, machine{}, measured).exceeded(); err == nil || !strings.Contains(err.Error(), "plan, no change: 1001 requests to OCI") {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "bench.json")
	if err := r.writeJSON(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var read report
	if err := json.Unmarshal(raw, &read); err != nil || len(read.Comparisons) != 6 || len(read.Comparisons[0].Measured[theLoop]) != 1 {
		t.Errorf("%v\n%s", err, raw)
	}
}

func TestOptions(t *testing.T) {
	set, err := parseOptions(nil, io.Discard)
	if err != nil || !slices.Equal(set.sizes, []int{100, 1000, 5000}) || set.runs != 5 ||
		!slices.Equal(set.latencies, []time.Duration{0, 30 * time.Millisecond}) || !set.contains(bulk) || !set.contains(forEach) {
		t.Errorf("%+v %v", set, err)
	}
	if few, err := parseOptions([]string{"-sizes", "100"}, io.Discard); err != nil || estimate(few) >= estimate(set) {
		t.Errorf("%v: %s for some, %s for all", err, estimate(few), estimate(set))
	}
	for _, args := range [][]string{
		{"-sizes", "0"}, {"-sizes", "a"}, {"-latency", "-1s"}, {"-latency", "30"}, {"-only", "all"}, {"-runs", "0"}, {"more"}, {"-unknown"},
	} {
		if _, err := parseOptions(args, io.Discard); err == nil {
			t.Errorf("%v pass", args)
		}
	}
}

func TestProcessRecords(t *testing.T) {
	if got, ok := highWaterMark("Name:\tx\nVmPeak:\t 99 kB\nVmHWM:\t   2048 kB\n"); !ok || got != 2<<20 {
		t.Error(got, ok)
	}
	if _, ok := highWaterMark("Name:\tx\nState:\tZ (zombie)\n"); ok {
		t.Error("a process that ends has no memory")
	}
	if got, ok := cpuTime("42 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0"); !ok || got != 1750*time.Millisecond {
		t.Error(got, ok)
	}
	if _, ok := cpuTime("nonsense"); ok {
		t.Error("nonsense is read")
	}
}

// Every step of a small run, with both servers and the engine.
func TestBench(t *testing.T) {
	t.Setenv(acctest.EnvProviderDir, os.Getenv(acctest.EnvProviderDir)) // the lab changes it
	set, err := parseOptions([]string{"-sizes", "3", "-runs", "1", "-latency", "1ms", "-out", ""}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLab(t.Context(), set, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := l.measureAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := newReport(set, l.machine, l.results)
	if err := r.exceeded(); err != nil {
		t.Error(err)
	}
	if len(r.Comparisons) != 6 || len(r.Footprints) != 2 {
		t.Fatalf("%d comparisons, %d footprints", len(r.Comparisons), len(r.Footprints))
	}
	for _, c := range r.Comparisons {
		if min(c.Provider.Wall, c.Loop.Wall, c.Engine.Wall, c.Echo.Wall, c.Provider.CPU, c.Loop.CPU, c.Engine.CPU, c.Echo.CPU) <= 0 || c.Provider.ProviderMemory < 1<<20 {
			t.Errorf("%s, %s: %+v %+v %+v", c.Shape, c.Step, c.Provider, c.Loop, c.Engine)
		}
	}
}

// TestMain makes the test program the bare loop or the echo when it is started as
// such.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == providerName || len(os.Args) == 2 && os.Args[1] == loopCommand {
		main()
		return
	}
	os.Exit(m.Run())
}
