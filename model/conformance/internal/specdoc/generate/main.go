// Command generate writes the tables of docs/spec.md into a module, of which
// its argument is the root.
package main

import (
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/greynewell/mist-go/model/conformance/internal/specdoc"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: generate root-of-the-module")
	}
	rows, err := specdoc.Rows(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(os.Args[1], filepath.FromSlash(specdoc.Path))
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(specdoc.Document(string(old), rows)), 0o644); err != nil {
		log.Fatal(err)
	}
}
