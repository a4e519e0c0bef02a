package clauses_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/compare"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

func TestEveryClauseSaysWhatItIsAndCanBeChecked(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range clauses.All() {
		if !regexp.MustCompile(`^[A-Z]+-[0-9]+$`).MatchString(c.ID) || seen[c.ID] {
			t.Errorf("%q is no ID, or is there twice", c.ID)
		}
		seen[c.ID] = true
		if !strings.HasSuffix(c.Sentence, ".") {
			t.Errorf("%s: %q is no sentence", c.ID, c.Sentence)
		}
		if missing := c.Missing(subject.Everything()); missing != "" {
			t.Errorf("%s cannot be checked: %s", c.ID, missing)
		}
		core := subject.Offers{subject.NeedHealth: true, subject.NeedUnix: true}
		if got := c.Missing(core) == ""; got != (c.Level == clauses.Core) {
			t.Errorf("%s is %s, and can be checked with the Core API alone: %t", c.ID, c.Level, got)
		}
		if _, err := clauses.Find(c.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryExampleIsOne(t *testing.T) {
	for _, c := range clauses.All() {
		if c.Premise != nil && len(c.Examples) == 0 {
			t.Errorf("%s has a premise and no example of it", c.ID)
		}
		for i, s := range c.Examples {
			if err := s.Validate(); err != nil {
				t.Errorf("%s, example %d: %v", c.ID, i+1, err)
				continue
			}
			want := model.Predict(s)[0]
			if !want.Returns() || compare.Unordered(s, want) {
				t.Errorf("%s, example %d is never played", c.ID, i+1)
			}
			if !c.Premise(s, want) {
				t.Errorf("%s, example %d does not put the clause to the test", c.ID, i+1)
			}
		}
	}
}
