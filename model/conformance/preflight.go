package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/clauses"
	"github.com/greynewell/mist-go/model/conformance/internal/examine"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// prepare converts an implementation and options, and returns an error if they cannot
// be used. It calls nothing of the implementation.
func prepare(impl Implementation, opts []Option) (*subject.Implementation, settings, error) {
	set, err := settle(opts)
	if err != nil {
		return nil, set, err
	}
	examined := subjectOf(impl)
	if err := examined.Valid(); err != nil {
		return nil, set, fmt.Errorf("conformance: %w", err)
	}
	return examined, set, nil
}

// child does what this process was started for, and does not return, if that is to
// examine in this test. If it was started for another test, this one is skipped.
func child(t *testing.T, examined *subject.Implementation, set settings) {
	if cfg, ok := process.ConfigOf(t.Name()); ok {
		examine.Child(t, examined, cfg, set.About)
	} else if process.IsChild() {
		t.Skip("this process examines something else")
	}
}

// scope is what of an implementation is examined.
type scope struct {
	offered  subject.Offers
	all      subject.Offers // what would be offered if nothing had panicked
	panicked []process.Panic
}

// preflight calls, in a child process, each field of an implementation once, and
// reports those that panic. It returns an error if nothing can be examined. It is left
// out when -test.run leaves its subtest out.
func preflight(t *testing.T, examined *subject.Implementation, set settings) (s scope, err error) {
	t.Run("preflight", func(t *testing.T) {
		child(t, examined, set)
		if s, err = preflightOf(t.Name(), examined, set); err != nil {
			t.FailNow() // the caller says why
		}
		for _, p := range s.panicked {
			t.Errorf("conformance: %s %s", p.Name, p.Text)
		}
	})
	if err == nil && s.offered == nil {
		s.offered = subject.OffersOf(examined)
	}
	return s, err
}

func preflightOf(test string, examined *subject.Implementation, set settings) (s scope, err error) {
	panicked, there, err := set.Preflight(test)
	if err != nil {
		return s, fmt.Errorf("conformance: %w", err)
	}
	s.panicked, s.all = panicked, subject.OffersOf(examined)
	if differ := s.all.Differ(there); len(differ) > 0 {
		return s, fmt.Errorf("conformance: the child process, which is this test binary started again with its flags and environment, has another implementation: "+
			"what is offered differs in %s", strings.Join(differ, ", "))
	}
	s.offered = subject.OffersOf(examined.Without(s.without()))
	return s, nil
}

// without returns the fields that panicked.
func (s scope) without() (fields []subject.Need) {
	for _, p := range s.panicked {
		fields = append(fields, p.Field)
	}
	return fields
}

// errors says how they panicked.
func (s scope) errors() (texts []string) {
	for _, p := range s.panicked {
		texts = append(texts, p.Name+" "+p.Text)
	}
	return texts
}

// because says why a clause is not examined that lacks something, if it is because a
// field panicked.
func (s scope) because(c clauses.Clause, missing string) string {
	if len(s.panicked) == 0 || missing == "" || c.Missing(s.all) != "" {
		return ""
	}
	var reasons []string
	for _, p := range s.panicked {
		how, _, _ := strings.Cut(p.Text, "\n")
		reasons = append(reasons, p.Name+" "+how)
	}
	return "not examined, because " + strings.Join(reasons, ", and ")
}
