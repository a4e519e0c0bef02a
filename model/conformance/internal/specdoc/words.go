package specdoc

// families are the headings, by what the IDs begin with.
var families = []struct{ prefix, title, words string }{
	{"STATE", "The machine", "The table itself is in [state-machine.md](state-machine.md). Nothing but Run drives it; everybody may look."},
	{"RUN", "Run", "One call, one main, one result. Whatever is asked of the service while it runs, this is what the caller of Run can rely on."},
	{"DRAIN", "Draining", "What has begun is finished, within a limit. The limit counts from the cancel, so that a drain delay takes nothing away from it."},
	{"HOOK", "Hooks", "Cleaning up happens in the reverse order of setting up, and a hook that misbehaves costs itself, not the others."},
	{"SIG", "Signals", "An operator may ask twice. A supervisor repeats itself, and means nothing by it."},
	{"LOG", "Log", "What an operator reads when a stop takes too long. The records are structured, and these attributes do not change."},
	{"HEALTH", "Health", "Three questions: is it alive, has it started, should it be sent traffic. The third is answered by the machine."},
	{"HTTP", "HTTP serving", "A server that is stopped by the lifecycle drops no request."},
}

const (
	begin = "<!-- begin: generated from the registry of model/conformance, from model/conformance/internal/broken and from the comments in the code -->\n"
	end   = "<!-- end -->\n"
)

// opening is what stands before the tables when there is no document yet.
const opening = `# The contract

This is what a service lifecycle promises here, clause by clause. Each clause
has an ID that does not change. Four things carry it: code whose comment names
it, a check in [the conformance suite](../model/conformance), at least one
implementation that is [wrong on purpose](../model/conformance/internal/broken) and must
be found out by it, and its row below. A test fails when one of the four is
missing.

**Core** clauses can be asked of any implementation of the documented API:
Run, OnShutdown, DrainGroup, two timeouts, and a health handler with AddCheck,
SetReady, Liveness and Readiness. **Extended** clauses, and the parts of Core
clauses that need more, are asked of those that offer what they need.

Two instants are named throughout. The *stop* is when a stop is first requested,
or main exits first. The *cancel* is when the context that main was given is
cancelled; without a drain delay they are one.

"Traces" as a check means: scenarios with the clause's premise are played in
virtual time, and everything that can be seen is compared with what
[the model](../model) predicts, with exact instants.

`
