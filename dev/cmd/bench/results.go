package main

import (
	"fmt"
	"slices"
	"time"
)

// key names what was measured how.
type key struct {
	shape   string
	size    int
	of      what
	step    step
	waiting time.Duration // 0 for the engine and the echo, which talk to nobody
}

// results are all figures.
type results struct {
	costs      map[key][]cost
	footprints map[string]*footprint
}

func newResults() results {
	return results{costs: map[key][]cost{}, footprints: map[string]*footprint{}}
}

func (r results) add(k key, c cost) { r.costs[k] = append(r.costs[k], c) }

// footprint is what depends on the number of secrets and on nothing else.
func (r results) footprint(s shape, size int) *footprint {
	name := fmt.Sprint(s.name, size)
	if r.footprints[name] == nil {
		r.footprints[name] = &footprint{Shape: s.name, Secrets: size, Requests: map[step]requests{}}
	}
	return r.footprints[name]
}

// footprint is what the provider leaves and asks for.
type footprint struct {
	Shape      string            `json:"shape"`
	Secrets    int               `json:"secrets"`
	Requests   map[step]requests `json:"requests"`
	StateBytes int               `json:"state_bytes"`
	// MemoryBytes is the most that a provider process had resident in any step.
	MemoryBytes int64 `json:"memory_bytes"`
	// CPUPerSecret is that of the provider processes, their start included.
	CPUPerSecret map[step]time.Duration `json:"provider_cpu_per_secret_ns"`
}

// requests of one step.
type requests struct {
	Secrets     int `json:"secrets"`
	Source      int `json:"source"`
	Destination int `json:"destination"`
	// Once are those that are not about one secret: looking up the mount and, for
	// what is new, listing it.
	Once int `json:"once"`
}

// most are the requests that a secret may take in a step: at a first apply
// metadata and content, then to write, to read back and to set the mark; in a
// plan one look on each side.
func (s step) most() (source, destination int) {
	if s == apply {
		return 2, 3
	}
	return 1, 1
}

// mostOnce are the requests besides, however many secrets there are: two of each
// kind, since the engine plans in one process and applies in another.
const mostOnce = 4

func (r requests) exceeds(s step) bool {
	source, destination := s.most()
	return r.Source > source*r.Secrets || r.Destination > destination*r.Secrets || r.Once > mostOnce
}

// median is taken of each figure by itself.
func median(costs []cost) cost {
	return cost{
		Wall:           middle(costs, func(c cost) time.Duration { return c.Wall }),
		CPU:            middle(costs, func(c cost) time.Duration { return c.CPU }),
		ProviderCPU:    middle(costs, func(c cost) time.Duration { return c.ProviderCPU }),
		ProviderMemory: middle(costs, func(c cost) int64 { return c.ProviderMemory }),
	}
}

// middle is the median; of an even number it is the mean of the two in the middle.
func middle[N ~int64](costs []cost, figure func(cost) N) N {
	if len(costs) == 0 {
		return 0
	}
	figures := make([]N, 0, len(costs))
	for _, one := range costs {
		figures = append(figures, figure(one))
	}
	slices.Sort(figures)
	half := len(figures) / 2
	if len(figures)%2 == 1 {
		return figures[half]
	}
	return (figures[half-1] + figures[half]) / 2
}
