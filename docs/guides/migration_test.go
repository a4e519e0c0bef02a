package guides_test

import "testing"

// TestTheGoInTheMigrationPageIsOfItsPrograms: each block of Go in
// docs/migration.md is a piece of a program that CI builds.
func TestTheGoInTheMigrationPageIsOfItsPrograms(t *testing.T) {
	var texts []string
	for _, folder := range []string{
		"migration", "http", "../conformance/alternates/migration", "../examples/documented/complete",
	} {
		found := programs(t, folder)
		if len(found) == 0 {
			t.Errorf("there is no program in %s", folder)
		}
		texts = append(texts, found...)
	}
	for _, piece := range blocks(t, read(t, "../migration.md"), "go") {
		if !anyContains(texts, piece) {
			t.Errorf("docs/migration.md quotes what is in none of its programs:\n%s", piece)
		}
	}
}
