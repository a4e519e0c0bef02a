package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// overlay writes rewritten files below dir, and the file that has the go command
// read them in place of the originals.
func overlay(dir string, s *source, files []rewritten, replace map[string]string) error {
	for _, f := range files {
		name := filepath.Join(dir, "rewritten", filepath.FromSlash(f.file.path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.text, 0o644); err != nil {
			return err
		}
		replace[filepath.Join(s.root, filepath.FromSlash(f.file.path))] = name
	}
	return nil
}

// build compiles the test of a package with the files that the overlay replaces.
func build(root, dir string, replace map[string]string, pattern string) (binary string, err error) {
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, filepath.Base(pattern)+".test")
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-tags=mutants", "-overlay="+name, "-o="+binary, pattern)
	cmd.Dir = root
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %v\n%s", cmd, err, output)
	}
	return binary, nil
}
