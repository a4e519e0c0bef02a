package check

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// children are the processes, other than the service itself, that have its mark
// in their environment, or that were seen to descend from it: what it has started,
// and what those have, wherever they belong by now. One that has ended and was not
// waited for is none any more.
func (p *process) children() (found []child) {
	found = p.seen.left()
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if pid == p.cmd.Process.Pid || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte(p.mark)) || slices.ContainsFunc(found, func(c child) bool { return c.pid == pid }) {
			continue
		}
		found = append(found, child{pid: pid, name: commandLine(pid)})
	}
	return found
}

func commandLine(pid int) string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	name := strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
	if len(name) > 80 {
		name = name[:80] + "…"
	}
	return name
}

// descendants are those of a process that were seen while their parents were there,
// by pid, with the time at which they were started: a pid may be given again.
type descendants struct {
	mu      sync.Mutex
	started map[int]string
}

// look notes the descendants that a process has now.
func (d *descendants) look(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.started == nil {
		d.started = map[int]string{}
	}
	for _, child := range childrenOf(pid) {
		d.lookBelow(child)
	}
}

func (d *descendants) lookBelow(pid int) {
	if at, _ := startOf(pid); at != "" {
		d.started[pid] = at
	}
	for _, child := range childrenOf(pid) {
		d.lookBelow(child)
	}
}

// left are those that are still there.
func (d *descendants) left() (found []child) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for pid, then := range d.started {
		if at, dead := startOf(pid); at == then && !dead {
			found = append(found, child{pid: pid, name: commandLine(pid)})
		}
	}
	return found
}

// childrenOf are the children of all threads of a process.
func childrenOf(pid int) (children []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/children", pid))
	for _, file := range files {
		list, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(field); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

// startOf is when a process was started, in clock ticks, and whether it has ended and
// was not waited for; empty if there is none.
func startOf(pid int) (at string, dead bool) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	fields := strings.Fields(rest) // from the third on, which is the state
	const start = 22 - 3
	if len(fields) <= start {
		return "", false
	}
	return fields[start], fields[0] == "Z" || fields[0] == "X"
}
