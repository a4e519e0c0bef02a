// Command generate writes the files of package statedoc into a module, of
// which its argument is the root.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/greynewell/mist-go/docs/internal/statedoc"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: generate root-of-the-module")
	}
	for _, f := range statedoc.Files() {
		path := filepath.Join(os.Args[1], filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.Text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
