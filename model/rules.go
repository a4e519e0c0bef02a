package model

// A rule is one thing that can happen to the abstract machine.
type rule struct {
	name string
	// own: the library does it by itself, sooner or later. Everything else is
	// up to the user's code or the world outside, and may never happen.
	own bool
	// early: it can happen before main is launched.
	early bool
	// idle names the clause by which it changes nothing.
	idle string
	when func(node) bool
	then func(node) (node, Event)
}

// machine is what is explored: the rules, and the readiness that is derived
// from them.
type machine struct {
	rules []rule
	ready func(node) bool
}

func contract() machine {
	return machine{
		rules: append(append(append(startRules(), drainRules()...), hookRules()...), idleRules()...),
		ready: func(n node) bool { return n.in(Running) },
	}
}

// silent makes the effect of a rule that is no transition of the table.
func silent(then func(*node)) func(node) (node, Event) {
	return func(n node) (node, Event) {
		then(&n)
		return n, ""
	}
}

// startRules are those of Starting and Running.
func startRules() []rule {
	return []rule{
		{name: "main is launched", own: true, early: true,
			when: func(n node) bool { return n.main == notLaunched },
			then: silent(func(n *node) { n.main = mainOut })},
		{name: "the launch ends start-up", own: true,
			when: func(n node) bool { return n.in(Starting) && !n.manual },
			then: func(n node) (node, Event) { return n.enter(Started) }},
		{name: "MarkStarted is called", own: false,
			when: func(n node) bool { return n.in(Starting) && n.manual },
			then: func(n node) (node, Event) { return n.enter(Started) }},
		{name: "the parent was cancelled before Run", early: true,
			when: func(n node) bool { return n.in(Starting) && n.main == notLaunched },
			then: func(n node) (node, Event) {
				n.cancelled = true
				return n.enter(StopRequested)
			}},
		{name: "a stop is requested",
			when: node.up,
			then: func(n node) (node, Event) {
				n.cancelled = !n.delay
				return n.enter(StopRequested)
			}},
		{name: "main comes back first",
			when: func(n node) bool { return n.up() && n.main == mainOut },
			then: func(n node) (node, Event) {
				n.main, n.cancelled = mainIn, true
				return n.enter(MainExited)
			}},
		{name: "main comes back after a stop",
			when: func(n node) bool { return !n.up() && !n.in(Stopped) && n.main == mainOut },
			then: silent(func(n *node) { n.main, n.cancelled = mainIn, true })},
	}
}

// drainRules are those of Draining.
func drainRules() []rule {
	return []rule{
		{name: "the drain delay is over", own: true,
			when: func(n node) bool { return n.in(Draining) && !n.cancelled },
			then: silent(func(n *node) { n.cancelled = true })},
		{name: "the return grace is over", own: true,
			when: func(n node) bool { return n.in(Draining) && n.cancelled && n.main == mainOut && !n.graceOver },
			then: silent(func(n *node) { n.graceOver = true })},
		{name: "all is drained", own: true,
			when: func(n node) bool { return n.awaitsWork() && n.busy == 0 },
			then: func(n node) (node, Event) { return n.enter(Drained) }},
		{name: "the drain timeout runs out", own: true,
			when: func(n node) bool { return n.awaitsWork() && n.busy > 0 },
			then: func(n node) (node, Event) {
				n.drain = timedOut
				return n.enter(DrainTimedOut)
			}},
		{name: "250 ms pass", own: true,
			when: func(n node) bool { return !n.up() && !n.in(Stopped) && !n.forceable },
			then: silent(func(n *node) { n.forceable = true })},
		{name: "a SIGINT ends the drain delay",
			when: func(n node) bool { return n.in(Draining) && !n.cancelled && n.forceable },
			then: silent(func(n *node) { n.cancelled, n.forceable = true, false })},
		{name: "a SIGINT ends Draining",
			when: func(n node) bool { return n.in(Draining) && n.cancelled && n.forceable },
			then: func(n node) (node, Event) {
				n.drain, n.forceable = forced, false
				return n.enter(PhaseForced)
			}},
		{name: "a unit of work begins",
			when: func(n node) bool { return n.accepts() && n.unborn > 0 },
			then: silent(func(n *node) { n.unborn--; n.busy++ })},
		{name: "a unit of work is refused",
			when: func(n node) bool { return !n.accepts() && n.unborn > 0 },
			then: silent(func(n *node) { n.unborn-- })},
		{name: "a unit of work ends",
			when: func(n node) bool { return n.busy > 0 },
			then: silent(func(n *node) { n.busy-- })},
	}
}

// awaitsWork says whether it is the work's turn to be waited for.
func (n node) awaitsWork() bool {
	return n.in(Draining) && n.cancelled && (n.main == mainIn || n.graceOver)
}

// hookRules are those of Hooks, and of hooks before and after it.
func hookRules() []rule {
	return []rule{
		{name: "a hook is registered",
			when: func(n node) bool { return !n.in(Stopped) && n.has(unregistered) },
			then: silent(func(n *node) { n.hooks[n.first(unregistered)] = registered })},
		{name: "a hook is registered late",
			when: func(n node) bool { return n.in(Stopped) && n.has(unregistered) },
			then: silent(func(n *node) { n.hooks[n.first(unregistered)] = ranLate })},
		{name: "the next hook begins", own: true,
			when: func(n node) bool { return n.in(Hooks) && n.has(registered) && !n.has(begun) },
			then: silent(func(n *node) { n.hooks[n.last(registered)] = begun })},
		{name: "a hook is taken back",
			when: func(n node) bool { return n.has(registered) },
			then: silent(func(n *node) { n.hooks[n.first(registered)] = takenBack })},
		{name: "the next hook is taken back",
			when: func(n node) bool { return n.has(registered) },
			then: silent(func(n *node) { n.hooks[n.last(registered)] = takenBack })},
		{name: "the hook ends",
			when: func(n node) bool { return n.in(Hooks) && n.has(begun) },
			then: silent(func(n *node) { n.hooks[n.last(begun)] = ended })},
		{name: "the hook is abandoned",
			when: func(n node) bool { return n.in(Hooks) && n.has(begun) },
			then: silent(func(n *node) { n.hooks[n.last(begun)] = abandoned })},
		{name: "all hooks have run", own: true,
			when: func(n node) bool {
				return n.in(Hooks) && !n.has(registered) && !n.has(begun) && n.main == mainIn
			},
			then: func(n node) (node, Event) { return n.enter(HooksFinished) }},
		{name: "the shutdown timeout runs out", own: true,
			when: func(n node) bool { return n.in(Hooks) },
			then: func(n node) (node, Event) {
				n.shutdown = timedOut
				return n.cutHooks().enter(ShutdownTimedOut)
			}},
		{name: "a SIGINT ends Hooks",
			when: func(n node) bool { return n.in(Hooks) && n.forceable },
			then: func(n node) (node, Event) {
				n.shutdown, n.forceable = forced, false
				return n.cutHooks().enter(PhaseForced)
			}},
	}
}

// cutHooks interrupts the hook that is running and lets no other begin.
func (n node) cutHooks() node {
	for i, h := range n.hooks {
		switch h {
		case begun:
			n.hooks[i] = interrupted
		case registered:
			n.hooks[i] = notRun
		}
	}
	return n
}

// idleRules are the things that change nothing. They are rules so that it can
// be checked that they do not.
func idleRules() []rule {
	same := silent(func(*node) {})
	return []rule{
		{name: "a further SIGTERM", idle: "SIG-2", when: func(n node) bool { return !n.up() }, then: same},
		{name: "a SIGINT too soon", idle: "SIG-2", when: func(n node) bool { return !n.up() && !n.forceable }, then: same},
		{name: "a further stop", idle: "RUN-2", when: func(n node) bool { return !n.up() }, then: same},
		{name: "a later MarkStarted", idle: "RUN-13", when: func(n node) bool { return !n.in(Starting) }, then: same},
		{name: "an abandoned hook comes back", idle: "HOOK-8",
			when: func(n node) bool { return n.has(abandoned) || n.has(interrupted) }, then: same},
		{name: "a hook is taken back too late", idle: "HOOK-10",
			when: func(n node) bool { return n.has(begun) || n.has(ended) || n.has(notRun) }, then: same},
		{name: "main comes back after Stopped", idle: "RUN-10",
			when: func(n node) bool { return n.in(Stopped) && n.main == mainOut }, then: same},
	}
}
