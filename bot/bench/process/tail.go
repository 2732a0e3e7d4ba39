package process

import (
	"bytes"
	"strings"
	"sync"
)

// linesKept is how many lines of a program's output are shown when it fails.
const linesKept = 12

// tail keeps the last lines that a program writes.
type tail struct {
	line func(string)

	mu      sync.Mutex
	lines   []string
	partial []byte
}

// Write takes output. It never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.partial = append(t.partial, p...)
	for {
		line, rest, whole := bytes.Cut(t.partial, []byte{'\n'})
		if !whole {
			return len(p), nil
		}
		t.keep(string(line))
		t.partial = append([]byte(nil), rest...)
	}
}

func (t *tail) keep(line string) {
	if len(t.lines) == linesKept {
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, line)
	if t.line != nil {
		t.line(line)
	}
}

// last returns the lines, each with two spaces before it.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if len(t.partial) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(t.partial))
	}
	if len(lines) == 0 {
		return ""
	}
	return "  " + strings.Join(lines, "\n  ")
}
