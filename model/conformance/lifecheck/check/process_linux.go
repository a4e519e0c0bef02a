package check

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// children are the processes, other than the service itself, that have its mark
// in their environment: what it has started, and what those have, wherever they
// belong by now. One that has ended and was not waited for has none any more.
func (p *process) children() (found []child) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if pid == p.cmd.Process.Pid || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte(p.mark)) {
			continue
		}
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		name := strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
		if len(name) > 80 {
			name = name[:80] + "…"
		}
		found = append(found, child{pid: pid, name: name})
	}
	return found
}
