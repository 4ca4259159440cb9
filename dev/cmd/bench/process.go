package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// providerName is the file that the engine starts.
const providerName = "terraform-provider-ocibao"

// cost is what a command took.
type cost struct {
	Wall time.Duration `json:"wall_ns"`
	// CPU is user and system time of the process and of all that it started and
	// waited for: the engine waits for its providers.
	CPU time.Duration `json:"cpu_ns"`
	// ProviderCPU is that of all provider processes, to a hundredth of a second
	// each.
	ProviderCPU time.Duration `json:"provider_cpu_ns,omitempty"`
	// ProviderMemory is the most that any of them had resident.
	ProviderMemory int64 `json:"provider_memory_bytes,omitempty"`
}

// timed runs a command to its end and returns what it took and what it printed.
func timed(command *exec.Cmd) (cost, string, error) {
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	started := time.Now()
	if err := command.Start(); err != nil {
		return cost{}, "", err
	}
	watching, enough := context.WithCancel(context.Background())
	watched := make(chan sightings)
	go func() { watched <- watch(watching, command.Process.Pid) }()
	err := command.Wait()
	took := cost{Wall: time.Since(started)}
	enough()
	seen := <-watched
	took.ProviderCPU, took.ProviderMemory = seen.total()
	if command.ProcessState != nil {
		took.CPU = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}
	return took, output.String(), err
}

// sighting is what was last seen of one provider process.
type sighting struct {
	cpu    time.Duration
	memory int64
}

type sightings map[int]sighting

func (s sightings) total() (cpu time.Duration, memory int64) {
	for one := range maps.Values(s) {
		cpu += one.cpu
		memory = max(memory, one.memory)
	}
	return cpu, memory
}

// lookEvery is the time between two looks at the providers. What one does after
// the last look before its end is not seen: little, for it then only ends.
const lookEvery = 10 * time.Millisecond

// watch looks at the provider processes that a CLI starts, through the kernel's
// own records: the high-water mark of memory is that of the program alone, which
// the usage that a parent is told of is not, since that includes the moment
// between fork and exec, when a child still is its parent.
func watch(ctx context.Context, cli int) sightings {
	seen := sightings{}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for _, pid := range children(cli) {
			if one, is := look(pid); is {
				seen[pid] = one
			}
		}
		select {
		case <-ctx.Done():
			return seen
		case <-tick.C:
		}
	}
}

// children are the child processes of all threads of a process.
func children(pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var found []int
	for _, list := range lists {
		raw, err := os.ReadFile(list)
		if err != nil {
			continue // that thread has ended
		}
		for field := range strings.FieldsSeq(string(raw)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// look reads the records of a process, if it is a provider.
func look(pid int) (sighting, bool) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	program, err := os.Readlink(dir + "exe")
	if err != nil || filepath.Base(program) != providerName {
		return sighting{}, false
	}
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		return sighting{}, false
	}
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return sighting{}, false
	}
	memory, hasMemory := highWaterMark(string(status))
	cpu, hasCPU := cpuTime(string(stat))
	return sighting{cpu, memory}, hasMemory && hasCPU
}

// highWaterMark is VmHWM of /proc/<pid>/status; a process that is ending has none.
func highWaterMark(status string) (int64, bool) {
	for line := range strings.Lines(status) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "VmHWM:" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10, err == nil
		}
	}
	return 0, false
}

// userHertz is the unit of times in /proc, the same on every Linux.
const userHertz = 100

// cpuTime is user and system time of /proc/<pid>/stat. The name before them, in
// brackets, may hold anything.
func cpuTime(stat string) (time.Duration, bool) {
	behind := strings.LastIndexByte(stat, ')')
	fields := strings.Fields(stat[behind+1:])
	const user, system = 11, 12
	if behind < 0 || len(fields) <= system {
		return 0, false
	}
	var ticks int64
	for _, field := range slices.Concat(fields[user:user+1], fields[system:system+1]) {
		number, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, false
		}
		ticks += number
	}
	return time.Duration(ticks) * time.Second / userHertz, true
}
