package doccheck

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Vet compiles the snippets, all in one call of go vet, in a workspace of the
// main module and of the nested ones that they import.
func (im *Imports) Vet(ctx context.Context, snippets []Snippet) ([]Problem, error) {
	dir, err := os.MkdirTemp("", "snippets")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	if err := im.lay(dir, snippets); err != nil {
		return nil, err
	}
	// What stands behind the last return of a fragment was put there by us.
	out, err := im.command(ctx, dir, "vet", "-unreachable=false", "./...")
	problems := im.problems(dir, out)
	if err != nil && len(problems) == 0 {
		return nil, fmt.Errorf("go vet: %w\n%s", err, out)
	}
	return problems, nil
}

// Available reports, as an error, that the nested modules that the snippets
// import need modules that are not on this machine.
func (im *Imports) Available(ctx context.Context, snippets []Snippet) error {
	for _, dir := range nested(snippets) {
		list := exec.CommandContext(ctx, "go", "list", "-deps", "./...")
		list.Dir = filepath.Join(im.root, dir)
		list.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
		if out, err := list.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", dir, err, out)
		}
	}
	return nil
}

// nested is the nested modules that the snippets import.
func nested(snippets []Snippet) (dirs []string) {
	for _, s := range snippets {
		dirs = append(dirs, s.Nested...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// lay writes the workspace.
func (im *Imports) lay(dir string, snippets []Snippet) error {
	version := "1.25.0"
	if mod, err := os.ReadFile(filepath.Join(im.root, "go.mod")); err != nil {
		return err
	} else if m := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod); m != nil {
		version = string(m[1])
	}
	work := fmt.Sprintf("go %s\n\nuse .\nuse %q\n", version, im.root)
	for _, module := range nested(snippets) {
		work += fmt.Sprintf("use %q\n", filepath.Join(im.root, module))
	}
	files := map[string]string{"go.work": work, "go.mod": "module snippets\n\ngo " + version + "\n"}
	for i, s := range snippets {
		for name, text := range s.Files {
			files[filepath.Join(fmt.Sprintf("snippet%d", i+1), name)] = text
		}
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (im *Imports) command(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK="+filepath.Join(dir, "go.work"))
	return cmd.CombinedOutput()
}

var said = regexp.MustCompile(`^(?:vet: )?(.+?\.md):(\d+)(?::\d+)?: (.*)$`)

// problems finds what the compiler and vet said of lines of documents.
func (im *Imports) problems(dir string, out []byte) (problems []Problem) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		m := said.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		file := filepath.FromSlash(m[1])
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if short, err := filepath.Rel(im.root, file); err == nil {
			file = short
		}
		line, _ := strconv.Atoi(m[2])
		problems = append(problems, Problem{filepath.ToSlash(file), line, strings.TrimSpace(m[3])})
	}
	return sorted(problems)
}
