package model

import (
	"slices"
	"testing"
)

func TestTheAbstractMachineKeepsEverySentence(t *testing.T) {
	e := Explore()
	t.Log(e)
	for _, v := range e.Violations {
		t.Error(v)
	}
	if len(e.Taken) != len(Edges()) {
		t.Errorf("%d of %d rows of the table were taken", len(e.Taken), len(Edges()))
	}
}

// A mutant is the contract with one rule changed, and the clauses of which at
// least one must be found broken.
type mutant struct {
	name   string
	breaks []string
	rule   string // whose name it is; "" for the readiness
	change func(r *rule)
}

// always and effect change a part of a rule.
func always(when func(node) bool) func(*rule) { return func(r *rule) { r.when = when } }
func effect(then func(*node)) func(*rule)     { return func(r *rule) { r.then = silent(then) } }
func leads(to State, on Event, also func(*node)) func(*rule) {
	return func(r *rule) {
		r.then = func(n node) (node, Event) {
			if also != nil {
				also(&n)
			}
			return n.at(to), on
		}
	}
}

var mutants = []mutant{
	{"hooks run first registered first", []string{"HOOK-1"}, "the next hook begins",
		effect(func(n *node) { n.hooks[n.first(registered)] = begun })},
	{"hooks run side by side", []string{"HOOK-1"}, "the next hook begins",
		always(func(n node) bool { return n.in(Hooks) && n.has(registered) })},
	{"a hook runs again", []string{"HOOK-1"}, "the hook ends",
		effect(func(n *node) { n.hooks[n.last(begun)] = registered })},
	{"a failed hook is the last", []string{"HOOK-4"}, "all hooks have run",
		always(func(n node) bool { return n.in(Hooks) && !n.has(begun) && n.main == mainIn })},
	{"a late hook is dropped", []string{"HOOK-4"}, "a hook is registered late",
		effect(func(n *node) { n.hooks[n.first(unregistered)] = dropped })},
	{"a hook runs as soon as a stop is requested", []string{"DRAIN-1"}, "the next hook begins",
		always(func(n node) bool { return !n.up() && !n.in(Stopped) && n.has(registered) && !n.has(begun) })},
	{"work is not waited for", []string{"DRAIN-2"}, "all is drained", always(node.awaitsWork)},
	{"main is not waited for", []string{"DRAIN-4"}, "all is drained",
		always(func(n node) bool { return n.in(Draining) && n.cancelled && n.busy == 0 })},
	{"the drain timeout is forgotten", []string{"STATE-2"}, "the drain timeout runs out", always(func(node) bool { return false })},
	{"the drain timeout is not reported", []string{"DRAIN-2"}, "the drain timeout runs out", leads(Hooks, DrainTimedOut, nil)},
	{"main that is out is a drain timeout", []string{"DRAIN-4"}, "the drain timeout runs out",
		always(func(n node) bool { return n.in(Draining) && n.cancelled })},
	{"the drain timeout skips the hooks", []string{"STATE-1"}, "the drain timeout runs out",
		leads(Stopped, DrainTimedOut, func(n *node) { n.drain = timedOut })},
	{"the grace never ends", []string{"STATE-2"}, "the return grace is over", always(func(node) bool { return false })},
	{"the shutdown timeout is forgotten", []string{"STATE-2"}, "the shutdown timeout runs out", always(func(node) bool { return false })},
	{"the shutdown timeout is not reported", []string{"HOOK-3"}, "the shutdown timeout runs out",
		func(r *rule) {
			r.then = func(n node) (node, Event) { return n.cutHooks().enter(ShutdownTimedOut) }
		}},
	{"Stopped is left for Draining", []string{"STATE-1"}, "main comes back after Stopped",
		leads(Draining, StopRequested, func(n *node) { n.main = mainIn })},
	{"Run returns though main is out", []string{"RUN-11"}, "all hooks have run",
		always(func(n node) bool { return n.in(Hooks) && !n.has(registered) && !n.has(begun) })},
	{"main comes back unnoticed", []string{"RUN-3"}, "main comes back first", effect(func(n *node) { n.main = mainIn })},
	{"main is called again", []string{"RUN-1"}, "a further stop", effect(func(n *node) { n.main = mainOut })},
	{"main is not called when the parent is cancelled before", []string{"RUN-1", "STATE-2"}, "main is launched",
		always(func(n node) bool { return n.main == notLaunched && n.up() })},
	{"a stop leaves the context live", []string{"RUN-2", "STATE-2"}, "the drain delay is over", always(func(node) bool { return false })},
	{"the context is cancelled with the launch", []string{"RUN-2"}, "the launch ends start-up",
		func(r *rule) {
			r.then = func(n node) (node, Event) {
				n.cancelled = true
				return n.enter(Started)
			}
		}},
	{"main that exits leaves the delay running", []string{"RUN-3"}, "main comes back after a stop", effect(func(n *node) { n.main = mainIn })},
	{"work is counted after Draining", []string{"DRAIN-3"}, "a unit of work is refused", effect(func(n *node) { n.unborn--; n.busy++ })},
	{"a SIGTERM is forcing", []string{"SIG-2"}, "a further SIGTERM",
		func(r *rule) {
			r.then = func(n node) (node, Event) {
				if n.in(Hooks) {
					n.shutdown = forced
					return n.cutHooks().enter(PhaseForced)
				}
				return n, ""
			}
		}},
	{"a SIGINT is forcing at once", []string{"SIG-2"}, "a SIGINT ends Draining",
		always(func(n node) bool { return n.in(Draining) && n.cancelled })},
	{"a SIGINT in the delay skips the work", []string{"DRAIN-7", "RUN-2"}, "a SIGINT ends the drain delay",
		leads(Hooks, PhaseForced, func(n *node) { n.drain, n.forceable = forced, false })},
	{"an abandoned hook that comes back ends the one that runs", []string{"HOOK-8"}, "an abandoned hook comes back",
		effect(func(n *node) {
			if n.has(begun) {
				n.hooks[n.last(begun)] = ended
			}
		})},
	{"a hook that runs is taken back", []string{"HOOK-10"}, "the hook ends",
		effect(func(n *node) { n.hooks[n.last(begun)] = takenBack })},
	{"a hook that was taken back runs", []string{"HOOK-10"}, "the next hook begins",
		func(r *rule) {
			r.when = func(n node) bool { return n.in(Hooks) && (n.has(registered) || n.has(takenBack)) && !n.has(begun) }
			r.then = silent(func(n *node) { n.hooks[max(n.last(registered), n.last(takenBack))] = begun })
		}},
	{"to take back too late cuts a hook short", []string{"HOOK-10"}, "a hook is taken back too late",
		effect(func(n *node) {
			if n.has(begun) {
				n.hooks[n.last(begun)] = ended
			}
		})},
	{"a later MarkStarted goes back to Running", []string{"RUN-13"}, "a later MarkStarted", leads(Running, Started, nil)},
}

func TestEveryMutantOfTheRulesIsCaught(t *testing.T) {
	notUnderRace(t)
	for _, mu := range mutants {
		t.Run(mu.name, func(t *testing.T) {
			m := contract()
			i := slices.IndexFunc(m.rules, func(r rule) bool { return r.name == mu.rule })
			if i < 0 {
				t.Fatalf("there is no rule %q", mu.rule)
			}
			mu.change(&m.rules[i])
			mustBreak(t, m, mu.breaks)
		})
	}
}

func TestReadinessOutsideOfRunningIsCaught(t *testing.T) {
	m := contract()
	m.ready = func(n node) bool { return n.in(Running) || n.in(Draining) && !n.cancelled }
	mustBreak(t, m, []string{"HEALTH-4"})
}

// mustBreak explores a machine until one of the clauses is found broken.
func mustBreak(t *testing.T, m machine, clauses []string) {
	t.Helper()
	e := explore(m, func(clause string) bool { return slices.Contains(clauses, clause) })
	for _, v := range e.Violations {
		if slices.Contains(clauses, v.Clause) {
			if len(v.Path) > 12 {
				t.Errorf("the shortest way to break %s is %d steps long", v.Clause, len(v.Path))
			}
			return
		}
	}
	t.Errorf("none of %v is found broken, but %v", clauses, e.Violations)
}

func BenchmarkExplore(b *testing.B) {
	for b.Loop() {
		Explore()
	}
}
