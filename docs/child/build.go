package child

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Programs builds the programs of a module, each once, into one directory.
type Programs struct {
	mu    sync.Mutex
	dir   string
	built map[string]result
}

type result struct {
	path string
	err  error
}

// Build returns the path of the program whose package is in the directory dir,
// built with go build.
func (p *Programs) Build(dir string) (path string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.built == nil {
		if p.dir, err = os.MkdirTemp("", "child-"); err != nil {
			return "", err
		}
		p.built = map[string]result{}
	}
	r, ok := p.built[dir]
	if !ok {
		r.path = filepath.Join(p.dir, fmt.Sprintf("program-%d", len(p.built)))
		build := exec.Command("go", "build", "-o", r.path, ".")
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			r.err = fmt.Errorf("go build in %s: %w\n%s", dir, err, out)
		}
		p.built[dir] = r
	}
	return r.path, r.err
}

// Remove removes what was built.
func (p *Programs) Remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = os.RemoveAll(p.dir)
	p.dir, p.built = "", nil
}
