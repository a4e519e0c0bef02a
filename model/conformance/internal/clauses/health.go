package clauses

import (
	"slices"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/checks"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// probed says whether the scenario has a probe of that sort.
func probed(of model.Ask, such func(s model.Scenario, want model.Trace, i int) bool) func(model.Scenario, model.Trace) bool {
	return func(s model.Scenario, want model.Trace) bool {
		for i, p := range s.Probes {
			if p.Of == of && such(s, want, i) {
				return true
			}
		}
		return false
	}
}

func anyProbe(model.Scenario, model.Trace, int) bool { return true }

// probes asks for readiness at each of the instants.
func probes(of model.Ask, at ...int) (all []model.Probe) {
	for _, n := range at {
		all = append(all, model.Probe{Of: of, At: second/2*time.Duration(n) + 64})
	}
	return all
}

// What the examples of health have in common: a long life without a stop, one
// in which SetReady takes the service out of rotation for a while, and one that
// is followed to its end.
var (
	longMain  = model.Main{After: 10 * second}
	asks      = model.Scenario{Main: longMain}
	offAWhile = model.Scenario{Main: longMain, Ready: []model.Ready{{At: second, Is: false}, {At: 3 * second, Is: true}}}
	drains    = model.Scenario{Follow: true, Main: model.Main{After: 2 * second}, Groups: busyFor(model.Unit{Lasts: 5 * second}), Hooks: []model.Hook{{Lasts: 2*second + 1}}}
)

// with is the scenario with those probes and checks.
func with(s model.Scenario, ps []model.Probe, checks ...model.Check) model.Scenario {
	s.Probes, s.Checks = ps, checks
	return s
}

func withReady(s model.Scenario, r ...model.Ready) model.Scenario {
	s.Ready = r
	return s
}

func healthClauses() []Clause {
	return slices.Concat(answerClauses(), checkClauses(), operatorClauses())
}

// answerClauses are about what each endpoint answers, and how.
func answerClauses() []Clause {
	return []Clause{
		{
			ID: "HEALTH-1", Level: Core,
			Sentence: "Liveness always answers GET and HEAD with 200 and the status ok; it runs no check, waits for nothing and shares no lock with checks.",
			Premise:  probed(model.Liveness, anyProbe), Needs: []subject.Need{subject.NeedHealth},
			Examples: []model.Scenario{
				with(asks, probes(model.Liveness, 1, 3), model.Check{Ends: model.ReturnsError}),
				with(asks, slices.Concat(probes(model.Readiness, 1), probes(model.Liveness, 3)), model.Check{Ends: model.Panics}),
				with(asks, slices.Concat(probes(model.Readiness, 1), probes(model.Liveness, 3)), model.Check{Ends: model.CallsGoexit}),
				with(offAWhile, probes(model.Liveness, 1, 3), model.Check{}),
			},
			Checks: []Check{
				{"the body of liveness, for GET and HEAD", []subject.Need{subject.NeedHealth}, checks.LivenessBody},
				{"liveness while a check hangs", []subject.Need{subject.NeedHealth}, checks.LivenessBesideHungCheck},
				{"a request whose body does not come", []subject.Need{subject.NeedHealth}, checks.LivenessOfASlowBody},
				{"liveness in every state, and after the run", []subject.Need{subject.NeedFollow, subject.NeedManualStart, subject.NeedMarkStarted}, checks.AliveInEveryState},
			},
		},
		{
			ID: "HEALTH-2", Level: Core,
			Sentence: "Readiness runs every check. If all pass: 200 and ok; if any fails: 503 and degraded; checks maps each name to ok or the error's text. Without checks: 200, and no checks in the answer.",
			Premise:  probed(model.Readiness, func(_ model.Scenario, want model.Trace, i int) bool { return want.Answers[i].Status != "not_ready" }),
			Needs:    []subject.Need{subject.NeedHealth},
			Examples: []model.Scenario{
				with(asks, probes(model.Readiness, 1)),
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{Ends: model.ReturnsError}, model.Check{}),
				with(asks, probes(model.Readiness, 1, 3), model.Check{}, model.Check{}),
			},
			Checks: []Check{
				{"the body of readiness", []subject.Need{subject.NeedHealth}, checks.ReadinessBody},
				{"errors that are well known", []subject.Need{subject.NeedHealth}, checks.KnownErrors},
				{"one check that fails among many", []subject.Need{subject.NeedHealth}, checks.OneOfMany},
				{"no checks are left", []subject.Need{subject.NeedRemoveCheck}, checks.NoChecksLeft},
			},
		},
		{
			ID: "HEALTH-3", Level: Core,
			Sentence: "After SetReady(false): 503, not_ready, and no check is run, until SetReady(true).",
			Premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return want.Answers[i].Status == "not_ready" && (!s.Follow || scenarios.StateAt(want, s.Probes[i].At) == model.Running)
			}),
			Needs:    []subject.Need{subject.NeedHealth},
			Examples: []model.Scenario{with(offAWhile, probes(model.Readiness, 1, 3, 7), model.Check{})},
			Checks:   []Check{{"SetReady with the value that it has already", []subject.Need{subject.NeedHealth}, checks.SetReadyTwice}},
		},
		{
			ID: "HEALTH-4", Level: Extended,
			Sentence: "A service is ready if its state is running, SetReady is on and every check passes. In any other state of the lifecycle that is followed: 503 and not_ready, no check is run, and SetReady(true) has no effect. Each answer has that state in lower case, running too. The lifecycle followed is the one given to Follow, otherwise the one in the request's context, where Serve and ListenAndServe put it even if a BaseContext has none.",
			Premise:  probed(model.Readiness, func(s model.Scenario, _ model.Trace, _ int) bool { return s.Follow }),
			Needs:    []subject.Need{subject.NeedFollow},
			Examples: []model.Scenario{
				with(drains, probes(model.Readiness, 1, 7, 11, 20), model.Check{}),
				withReady(with(drains, probes(model.Readiness, 1, 7, 11, 20)), model.Ready{At: 3*second + 2, Is: true}),
			},
			Checks: []Check{
				{"Follow with a context of no run changes nothing", []subject.Need{subject.NeedFollow}, checks.FollowNothing},
				{"the run in the request's context", []subject.Need{subject.NeedFollow, subject.NeedParent}, checks.FollowsRequest},
				{"the run given to Follow before that in the request's context", []subject.Need{subject.NeedFollow, subject.NeedParent}, checks.FollowComesFirst},
				{"SetReady before and after Follow", []subject.Need{subject.NeedFollow, subject.NeedManualStart, subject.NeedMarkStarted}, checks.SetReadyAndFollow},
				{"Follow of a run that is stopped", []subject.Need{subject.NeedFollow}, checks.FollowOfStopped},
				{"the run given to Follow last", []subject.Need{subject.NeedFollow, subject.NeedRunWith}, checks.FollowsTheLast},
				{"readiness over Serve", []subject.Need{subject.NeedFollow, subject.NeedParent, subject.NeedDelay, subject.NeedServe}, checks.ServedReadiness},
				{"readiness over ListenAndServe", []subject.Need{subject.NeedFollow, subject.NeedDelay, subject.NeedListenAndServe, subject.NeedStop}, checks.RealReadiness},
			},
		},
		{
			ID: "HEALTH-5", Level: Core,
			Sentence: "The state and SetReady are read again when the checks are done: a probe under way when draining begins answers 503.",
			Premise: probed(model.Readiness, func(s model.Scenario, want model.Trace, i int) bool {
				return want.Answers[i].Status == "not_ready" && want.Answers[i].At > s.Probes[i].At
			}),
			Needs: []subject.Need{subject.NeedFollow, subject.NeedAddCheckContext},
			Examples: []model.Scenario{
				with(drains, probes(model.Readiness, 3), model.Check{Lasts: second + 8}),
				with(offAWhile, probes(model.Readiness, 1), model.Check{Lasts: second + 8}),
			},
			Checks: []Check{
				{"SetReady while a probe is under way", []subject.Need{subject.NeedHealth}, checks.SetReadyUnderWay},
				{"a run in the request's context while a probe is under way", []subject.Need{subject.NeedFollow, subject.NeedAddCheckContext, subject.NeedRunWith}, checks.UnderWayByRequest},
			},
		},
		{
			ID: "HEALTH-6", Level: Core,
			Sentence: "Content-Type is application/json, responses must not be stored and have the right length, HEAD is GET without a body, other methods get 405 with Allow, and every body has tool and version, whatever the code. No path, query or header of the request changes that.",
			Checks: []Check{
				{"Content-Type, methods, tool and version", []subject.Need{subject.NeedHealth}, checks.HTTP},
				{"Cache-Control is no-store, and Content-Length is right", []subject.Need{subject.NeedHealth, subject.NeedFollow}, checks.Headers},
				{"Content-Length is right where it is set", []subject.Need{subject.NeedHealth}, checks.LengthWhereSet},
				{"the length of bodies of every size", []subject.Need{subject.NeedHealth, subject.NeedFollow}, checks.LengthsOfAllSizes},
				{"the same of start-up", []subject.Need{subject.NeedStartup, subject.NeedFollow, subject.NeedManualStart}, checks.StartupHTTP},
				{"HEAD first, after each change", []subject.Need{subject.NeedHealth}, checks.HeadAfterChange},
				{"requests with any path, header, protocol and body", []subject.Need{subject.NeedHealth}, checks.AnyRequest},
				{"a tool and a version of any text", []subject.Need{subject.NeedHealth}, checks.AnyTool},
				{"a handler without a tool and a version", []subject.Need{subject.NeedHealth}, checks.Nameless},
				{"behind a middleware that sets headers", []subject.Need{subject.NeedHealth}, checks.SetBefore},
				{"header values are not shared", []subject.Need{subject.NeedHealth}, checks.SharedHeaders},
			},
		},
		{
			ID: "HEALTH-7", Level: Core,
			Sentence: "uptime is whole seconds as time.Duration prints them, the same in every answer of every endpoint, and never decreases.",
			Checks: []Check{
				{"uptime through hours of virtual time", []subject.Need{subject.NeedHealth}, checks.Uptime},
				{"the same of start-up", []subject.Need{subject.NeedStartup, subject.NeedFollow, subject.NeedManualStart}, checks.StartupUptime},
			},
		},
	}
}
