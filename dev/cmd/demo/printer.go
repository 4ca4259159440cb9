package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// printer writes a line for each step. On a terminal the line is there while the
// step runs, and gets colours; elsewhere it is plain text, written at the end.
type printer struct {
	w        io.Writer
	terminal bool
	current  string
}

func newPrinter(w io.Writer) *printer {
	p := &printer{w: w}
	if file, is := w.(*os.File); is {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// begin announces a step.
func (p *printer) begin(number int, shows string) {
	p.current = fmt.Sprintf("%2d. %s", number, shows)
	if p.terminal {
		fmt.Fprintf(p.w, "… %s", p.current)
	}
}

// end replaces the announcement by the result.
func (p *printer) end(ok bool, took time.Duration) {
	mark, colour := "✓", "\x1b[32m"
	if !ok {
		mark, colour = "✗", "\x1b[31m"
	}
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s%s\x1b[0m %s \x1b[2m(%s)\x1b[0m\n", colour, mark, p.current, brief(took))
		return
	}
	fmt.Fprintf(p.w, "%s %s (%s)\n", mark, p.current, brief(took))
}

// particular is a line below a step.
func (p *printer) particular(line string) {
	if p.terminal {
		line = "\x1b[2m" + line + "\x1b[0m"
	}
	fmt.Fprintf(p.w, "        %s\n", line)
}

// prompt shows a person that commands are read.
func (p *printer) prompt() {
	if p.terminal {
		fmt.Fprint(p.w, "oci> ")
	}
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

func brief(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
