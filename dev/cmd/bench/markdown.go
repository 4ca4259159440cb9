package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// mostMemory is the aim for the memory of the provider in bulk.
const mostMemory = 100_000_000

func (r report) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d CPUs, %s, %s; medians of %d.\n", r.Machine.CPUs, r.Machine.CLI, r.Machine.Server, r.Runs)
	for _, s := range shapes {
		r.writeComparisons(&b, s)
	}
	r.writeFootprints(&b)
	r.writeAims(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r report) writeComparisons(b *strings.Builder, s shape) {
	begun := false
	for _, c := range r.Comparisons {
		if c.Shape != s.name {
			continue
		}
		if !begun {
			begun = true
			fmt.Fprintf(b, "\n| %s: secrets | latency | step | provider | loop + engine | ratio | CPU | loop + engine | ratio | echo | CPU | ratios to loop + echo |\n", s.name)
			b.WriteString("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s + %s | %.2f | %s | %s + %s | %.2f | %s | %s | %.2f, CPU %.2f |\n",
			thousands(c.Secrets), waits(c.Latency), c.Step,
			seconds(c.Provider.Wall), figure(c.Loop.Wall), seconds(c.Engine.Wall), c.Wall,
			seconds(c.Provider.CPU), figure(c.Loop.CPU), seconds(c.Engine.CPU), c.CPU,
			seconds(c.Echo.Wall), seconds(c.Echo.CPU), c.EchoWall, c.EchoCPU)
	}
}

func (r report) writeFootprints(b *strings.Builder) {
	b.WriteString("\n| shape | secrets | requests a secret to OCI + OpenBao: apply | plan | provider CPU a secret: apply | plan | its memory | state |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, f := range r.Footprints {
		if f.MemoryBytes == 0 {
			continue // the requests were counted, and no more
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Shape, thousands(f.Secrets),
			f.Requests[apply].perSecret(), f.Requests[planNothing].perSecret(),
			milliseconds(f.CPUPerSecret[apply]), milliseconds(f.CPUPerSecret[planNothing]),
			megabytes(f.MemoryBytes), megabytes(int64(f.StateBytes)))
	}
}

// writeAims says of every aim whether it is met, and where it is not.
func (r report) writeAims(b *strings.Builder) {
	b.WriteString("\n")
	for _, s := range shapes {
		of := 0
		var missed []string
		for _, c := range r.Comparisons {
			if c.Shape != s.name || c.Aim == 0 {
				continue
			}
			of++
			if c.misses() {
				missed = append(missed, fmt.Sprintf("%s of %s at %s (%.2f, CPU %.2f)", c.Step, thousands(c.Secrets), waits(c.Latency), c.Wall, c.CPU))
			}
		}
		if of > 0 {
			fmt.Fprintf(b, "- %s, first apply and plan without changes, time and CPU at most %.1f times loop and engine: %s\n", s.name, s.aim, verdict(of, missed))
		}
	}
	of := 0
	var missed []string
	for _, f := range r.Footprints {
		if f.Shape != bulk.name || f.MemoryBytes == 0 {
			continue
		}
		of++
		if f.MemoryBytes > mostMemory {
			missed = append(missed, fmt.Sprintf("%s with %s", thousands(f.Secrets), megabytes(f.MemoryBytes)))
		}
	}
	if of > 0 {
		fmt.Fprintf(b, "- bulk, memory of the provider at most %s: %s\n", megabytes(mostMemory), verdict(of, missed))
	}
}

func verdict(of int, missed []string) string {
	if len(missed) == 0 {
		return fmt.Sprintf("met in all %d", of)
	}
	return fmt.Sprintf("met in %d of %d, not in %s", of-len(missed), of, strings.Join(missed, ", "))
}

// perSecret is rounded up to a hundredth: what is above a whole number shows.
func (r requests) perSecret() string {
	if r.Secrets == 0 {
		return "–"
	}
	each := func(n int) string {
		if n%r.Secrets == 0 {
			return fmt.Sprint(n / r.Secrets)
		}
		return fmt.Sprintf("%.2f", float64((n*100+r.Secrets-1)/r.Secrets)/100)
	}
	return fmt.Sprintf("%s + %s, %d besides", each(r.Source), each(r.Destination), r.Once)
}

func figure(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.2f", d.Seconds())
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

func seconds(d time.Duration) string      { return figure(d) + " s" }
func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1000) }
func megabytes(n int64) string            { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func waits(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return d.String()
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
