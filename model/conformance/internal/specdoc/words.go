package specdoc

// families are the headings, by what the IDs begin with.
var families = []struct{ prefix, title, words string }{
	{"STATE", "The machine", "The table itself is in [state-machine.md](state-machine.md). Only Run drives it; any code may read it."},
	{"RUN", "Run", "One call, one main, one result: what the caller of Run can rely on."},
	{"DRAIN", "Draining", "Work that has begun is finished, within a limit. The limit counts from the cancel, so a drain delay does not shorten it."},
	{"HOOK", "Hooks", "Cleanup runs in the reverse order of set-up, and a hook that misbehaves does not affect the others."},
	{"SIG", "Signals", "A second interrupt by an operator ends the phase under way. A supervisor that repeats its SIGTERM changes nothing."},
	{"LOG", "Log", "What an operator reads when a stop takes too long. The records are structured, and these attributes are stable."},
	{"HEALTH", "Health", "Three questions: is it alive, has it started, should it get traffic. The answer to the third derives from the state machine."},
	{"HTTP", "HTTP serving", "A server that the lifecycle stops loses no request that http.Server.Shutdown would have answered."},
}

const (
	begin = "<!-- begin: generated from the registry of model/conformance, from model/conformance/internal/broken and from the comments in the code -->\n"
	end   = "<!-- end -->\n"
)

// opening is what stands before the tables when there is no document yet.
const opening = "# The contract\n\n"
