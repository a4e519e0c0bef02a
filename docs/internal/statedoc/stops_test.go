package statedoc

import (
	"strings"
	"testing"

	"github.com/greynewell/mist-go/docs/internal/timeline"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// What is drawn is what the model predicts; it is also what the library does, to
// the instant.
func TestTheLibraryStopsAsItIsDrawn(t *testing.T) {
	for _, s := range stops {
		t.Run(s.file, func(t *testing.T) {
			request, err := timeline.Parse(strings.Fields(s.flags))
			if err != nil {
				t.Fatal(err)
			}
			if diff := conformance.Compare(t, mist.Implementation(), request.Scenario); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheDocumentShowsEveryStop(t *testing.T) {
	doc := Markdown()
	for _, s := range stops {
		for _, want := range []string{"### " + s.title, s.caption, "\ngo run ./docs/timeline " + s.flags + "\n", "](" + s.image() + ")", s.timeline().Returns()} {
			if !strings.Contains(doc, want) {
				t.Errorf("%s: %q is missing", s.file, want)
			}
		}
	}
}
