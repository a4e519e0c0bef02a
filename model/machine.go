package model

// The abstract machine is the contract without its clock: a timeout may run
// out at any moment at which it is running at all, work may end at any moment
// or never. That makes its states few enough to visit every one of them.

const (
	hookSlots = 4
	unitSlots = 4
)

// node is one state of the abstract machine. Hooks that are not registered
// yet are alike, and so are units of work, so each state stands for all of
// its permutations: slot i is the i-th hook that was registered.
type node struct {
	manual, delay bool  // the options WithManualStart and WithDrainDelay
	phase         uint8 // index into states
	entered       uint8 // one bit for each state that was entered
	cancelled     bool
	main          mainStatus
	graceOver     bool
	forceable     bool  // 250 ms have passed since the stop and the last SIGINT
	unborn, busy  uint8 // units of work that have not begun, and that are out
	hooks         [hookSlots]hookStatus
	drain         reason // what ended Draining, if not that all was done
	shutdown      reason // the same for Hooks
}

type mainStatus uint8

const (
	notLaunched mainStatus = iota
	mainOut
	mainIn
)

type hookStatus uint8

const (
	unregistered hookStatus = iota
	registered
	begun
	ended
	abandoned
	interrupted
	notRun
	ranLate
	takenBack
	dropped // never, unless a rule is wrong
)

type reason uint8

const (
	noReason reason = iota
	timedOut
	forced
)

func (n node) state() State { return states[n.phase] }
func (n node) in(s State) bool {
	return states[n.phase] == s
}

// up says whether the service is neither stopping nor stopped.
func (n node) up() bool { return n.in(Starting) || n.in(Running) }

// accepts says whether work that begins now is waited for.
func (n node) accepts() bool { return n.up() || n.in(Draining) }

// enter takes a transition of the table.
func (n node) enter(on Event) (node, Event) {
	to, ok := follow(n.state(), on)
	if !ok {
		return n, on
	}
	return n.at(to), on
}

// at puts the machine into a state, whatever the table says.
func (n node) at(s State) node {
	for i, known := range states {
		if known == s {
			n.phase = uint8(i)
			n.entered |= 1 << i
		}
	}
	return n
}

// first and last return the slot of the first or last hook of a status, -1
// for none.
func (n node) first(s hookStatus) int {
	for i, h := range n.hooks {
		if h == s {
			return i
		}
	}
	return -1
}

func (n node) last(s hookStatus) int {
	for i := hookSlots - 1; i >= 0; i-- {
		if n.hooks[i] == s {
			return i
		}
	}
	return -1
}

func (n node) has(s hookStatus) bool { return n.first(s) >= 0 }

// forget drops what can make no difference from here on: an option that has
// been used, why a phase that is over ended, how much work nobody waits for.
// It is what keeps the states few. Edges are checked before it is applied.
func (n node) forget() node {
	if !n.in(Starting) {
		n.manual = false
	}
	if !n.up() {
		n.delay = false
	}
	if n.in(Hooks) || n.in(Stopped) {
		n.graceOver, n.drain = false, noReason
		n.unborn, n.busy = min(n.unborn, 1), min(n.busy, 1)
	}
	if n.in(Stopped) {
		n.forceable, n.shutdown = false, noReason
	}
	return n
}

// roots are the states before Run has done anything, one for each setting of
// the options.
func roots() []node {
	var all []node
	for _, manual := range []bool{false, true} {
		for _, delay := range []bool{false, true} {
			all = append(all, node{manual: manual, delay: delay, entered: 1, unborn: unitSlots})
		}
	}
	return all
}
