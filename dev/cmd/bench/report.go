package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// report is what a run found, in the form of its JSON.
type report struct {
	Machine machine `json:"machine"`
	// Runs is how many each median is of, at least: after an interruption fewer
	// than were asked for.
	Runs        int          `json:"runs"`
	Comparisons []comparison `json:"comparisons"`
	Footprints  []footprint  `json:"footprints"`
}

// comparison holds the provider against the floors in one step. Costs are
// medians.
type comparison struct {
	Shape    string        `json:"shape"`
	Secrets  int           `json:"secrets"`
	Latency  time.Duration `json:"latency_ns"`
	Step     step          `json:"step"`
	Provider cost          `json:"provider"`
	Loop     cost          `json:"bare_loop"`
	Engine   cost          `json:"engine"`
	Wall     float64       `json:"wall_ratio"`
	CPU      float64       `json:"cpu_ratio"`
	// Echo is the engine with a provider that has the same resources and does
	// nothing; the ratios are those of the provider to it and the loop.
	Echo     cost    `json:"echo"`
	EchoWall float64 `json:"echo_wall_ratio"`
	EchoCPU  float64 `json:"echo_cpu_ratio"`
	// Aim is the most that both ratios are to be; 0 where there is no aim.
	Aim float64 `json:"aim,omitempty"`
	// Measured are the single runs of the provider and of the floors.
	Measured map[what][]cost `json:"measured"`
}

func newReport(set options, m machine, found results) report {
	r := report{Machine: m, Runs: set.runs}
	for _, s := range set.shapes {
		for _, size := range set.sizes {
			for _, waiting := range set.latencies {
				for _, step := range steps {
					if c, complete := compare(found, s, size, waiting, step); complete {
						r.Comparisons = append(r.Comparisons, c)
						for _, costs := range c.Measured {
							r.Runs = min(r.Runs, len(costs))
						}
					}
				}
			}
			if foot, known := found.footprints[fmt.Sprint(s.name, size)]; known {
				r.Footprints = append(r.Footprints, finish(*foot, found, set, s))
			}
		}
	}
	return r
}

// compare reports false where not all of it was measured.
func compare(found results, s shape, size int, waiting time.Duration, at step) (comparison, bool) {
	floor := at
	if at == planSome {
		floor = planNothing // which makes the same requests
	}
	measured := map[what][]cost{
		theProvider: found.costs[key{s.name, size, theProvider, at, waiting}],
		theLoop:     found.costs[key{s.name, size, theLoop, floor, waiting}],
		theEngine:   found.costs[key{s.name, size, theEngine, at, 0}],
		theEcho:     found.costs[key{s.name, size, theEcho, at, 0}],
	}
	for _, costs := range measured {
		if len(costs) == 0 {
			return comparison{}, false
		}
	}
	c := comparison{
		Shape: s.name, Secrets: size, Latency: waiting, Step: at, Measured: measured,
		Provider: median(measured[theProvider]), Loop: median(measured[theLoop]), Engine: median(measured[theEngine]),
		Echo: median(measured[theEcho]),
	}
	c.Wall, c.CPU = c.Provider.above(c.Loop, c.Engine)
	c.EchoWall, c.EchoCPU = c.Provider.above(c.Loop, c.Echo)
	if at != planSome {
		c.Aim = s.aim
	}
	return c, true
}

// above is how many times what both floors take together a cost is, in wall time
// and in CPU.
func (c cost) above(a, b cost) (wall, cpu float64) {
	return c.Wall.Seconds() / (a.Wall + b.Wall).Seconds(), c.CPU.Seconds() / (a.CPU + b.CPU).Seconds()
}

// misses says that a ratio is above the aim, as it is shown.
func (c comparison) misses() bool {
	shown := func(ratio float64) float64 { return float64(int(ratio*100+0.5)) / 100 }
	return c.Aim > 0 && max(shown(c.Wall), shown(c.CPU)) > c.Aim
}

// finish adds what the runs that took the time saw of the provider processes.
func finish(foot footprint, found results, set options, s shape) footprint {
	foot.CPUPerSecret = map[step]time.Duration{}
	for _, step := range steps {
		for i, waiting := range set.latencies {
			costs := found.costs[key{s.name, foot.Secrets, theProvider, step, waiting}]
			if len(costs) == 0 {
				continue
			}
			took := median(costs)
			foot.MemoryBytes = max(foot.MemoryBytes, took.ProviderMemory)
			if i == 0 {
				foot.CPUPerSecret[step] = took.ProviderCPU / time.Duration(foot.Secrets)
			}
		}
	}
	return foot
}

// exceeded is an error when a secret took more requests than it may: that is no
// matter of the machine.
func (r report) exceeded() error {
	var found []error
	for _, foot := range r.Footprints {
		for _, step := range steps {
			if made := foot.Requests[step]; made.exceeds(step) {
				source, destination := step.most()
				found = append(found, fmt.Errorf(
					"%s of %d secrets, %s: %d requests to OCI and %d to OpenBao, at most %d and %d a secret are allowed; and %d besides, at most %d",
					foot.Shape, foot.Secrets, step, made.Source, made.Destination, source, destination, made.Once, mostOnce))
			}
		}
	}
	return errors.Join(found...)
}

func (r report) writeJSON(path string) error {
	if path == "" {
		return nil
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
