// Package broken holds implementations that are wrong on purpose: at least
// one for every clause of the contract, each a small change of behaviour to
// the real library or to package plain. They prove the suite. A suite that finds nothing wrong
// with one of them, or blames it for what it does right, is itself wrong.
//
//	real library, or plain ──▶ one change ──▶ suite ──▶ exactly the clauses of Case.Breaks
//
// Most changes are made from outside: the functions of an Implementation are
// wrapped, which leaves everything else as it is (see around.go).
package broken

import (
	"slices"
	"strings"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// A Case is one implementation that is wrong.
type Case struct {
	Name string
	// Breaks lists the clauses that the suite must report, no more and no
	// fewer, sorted.
	Breaks []string
	// May lists clauses that it breaks as well, in scenarios that are not always
	// played.
	May []string
	// Why says how one mistake comes to break more than three.
	Why string
	// Race says that only the race detector sees it.
	Race bool
	Impl conformance.Implementation
}

// All returns every case.
func All() []Case {
	return slices.Concat(stateCases(), visibleCases(), runCases(), cancelCases(), errorCases(), endCases(), drainCases(), drainEndCases(), workCases(),
		hookCases(), hookEndCases(), failingHookCases(), lateDrainCases(), takeBackCases(), hintCases(), signalCases(), afterSignalCases(), plainHealthCases(), logCases(), logPlaceCases(), healthCases(), followCases(), answerCases(), checkCases(), editCases(),
		serveCases(), listenerCases(), stoppingCases(), streamCases(), requestCases(), serverCases(), silentCases(), crowdCases(), requestCrowdCases(),
		groupCases(), combinedCases(), againCases(), uncommonHealthCases(), askedCases(), stateOfRunCases(), userErrorCases(), laterCases(), laterHTTPCases(), protocolCases(), lateServeCases(),
		unusualCases(), derivedCases(), limitCases(), settingCases(), timesCases(), onceMoreCases(), logCombinedCases(), resultCases(), answerShapeCases(), requestShapeCases(), momentCases(),
		combinedHTTPCases(), rareServeCases(), rareConnCases(), healthMomentCases(), furtherHealthCases(), rareHealthCases(), atOnceCases(), besideCases(), settledCases(), betweenCases(), seldomCases(), amidCases(), countedCases(), elsewhereCases(), eachWayCases())
}

// wrong makes a case of the real library and one change to it. The clauses
// are separated by spaces.
func wrong(name, breaks string, change func(i *impl)) Case {
	return changed(mist.Implementation(), name, breaks, change)
}

// wrongPlain makes a case of the plain implementation, for a change of what
// the documented API has. The real library names the place of a group, which
// would be the wrapper's.
func wrongPlain(name, breaks string, change func(i *impl)) Case {
	return changed(plain.Implementation(), name, breaks, change)
}

func changed(i impl, name, breaks string, change func(i *impl)) Case {
	i.Name = name
	change(&i)
	clauses := strings.Fields(breaks)
	slices.Sort(clauses)
	return Case{Name: name, Breaks: clauses, Impl: i}
}

// mayBreak adds clauses that only some scenarios show to be broken.
func (c Case) mayBreak(clauses string) Case {
	c.May = strings.Fields(clauses)
	return c
}

// because adds the reason why it breaks so many clauses.
func (c Case) because(why string) Case {
	c.Why = why
	return c
}
