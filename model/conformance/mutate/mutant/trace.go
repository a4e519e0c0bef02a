package mutant

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
)

// reached is nil unless the process is traced.
var reached = newTrace(os.Getenv(Trace))

// trace lists mutants in a file as they are come to, each once. It keeps nothing
// back, because a process may end at any moment.
type trace struct {
	file *os.File
	seen [1 << 16]atomic.Bool
}

func newTrace(dir string) *trace {
	if dir == "" {
		return nil
	}
	file, err := os.CreateTemp(dir, "*.trace")
	if err != nil {
		panic(fmt.Sprintf("mutant: %s: %v", Trace, err))
	}
	t := &trace{file: file}
	_, _ = fmt.Fprintf(file, "%s\n", strings.Join(os.Args, " "))
	return t
}

func (t *trace) note(id int) {
	if id < len(t.seen) && !t.seen[id].Swap(true) {
		_, _ = fmt.Fprintf(t.file, "%d\n", id)
	}
}
