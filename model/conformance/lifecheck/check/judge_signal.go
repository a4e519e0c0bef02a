package check

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// settling is what a service may take from a signal to its effect. Some look for
// one twice a second.
const settling = 600 * time.Millisecond

// startUp judges a life that was stopped before it was ready.
func (j *judge) startUp() {
	if j.Killed > 0 {
		j.findLate("start-up-ignores-signal", "%s was sent %s after the start; the process was still there %s later", j.Kind.Signal(), round(j.Stop), round(j.Killed-j.Stop))
		return
	}
	for _, p := range j.Probes {
		if p.Role == ReadyProbe && p.ok() && p.Begun > j.Stop+settling && j.proved(j.Stop, p.Begun) {
			j.find("ready-after-signal", "%s was sent %s after the start; readiness passed %s later", j.Kind.Signal(), round(j.Stop), round(p.Begun-j.Stop))
			return
		}
	}
}

// signalled judges whether the signal was taken at all.
func (j *judge) signalled() {
	sig := j.Kind.Signal()
	name := strings.ToLower(sig)
	switch {
	case j.Killed > 0 && j.Kind != Again && j.unmoved():
		j.find(name+"-ignored", "readiness passed and connections were accepted until it was killed, %s", j.after(j.Killed))
	case j.BySignal != "" && len(j.Held) > 0 && j.Exit-j.Stop < settling+lateSum(j.Late):
		j.find("signal-not-passed-on", "the process ended by %s, %s; %s still takes connections", j.BySignal, j.after(j.Exit), strings.Join(j.Held, ", "))
	case j.Exit-j.Stop < settling+lateSum(j.Late) && j.outlived(j.passesOn) >= outlives && !j.failed(j.Exit):
		j.find("signal-not-passed-on", "the process ended with exit code %d, %s; readiness passed after that", j.Life.Code, j.after(j.Exit))
	case j.Kind == Idle: // nothing shows whether the signal was handled first
	case j.BySignal == sig && !j.meant() && !j.reacted():
		j.find(name+"-kills", "the process ended by %s, %s", sig, j.after(j.Exit))
	}
}

// outlives is how many answers after the exit show that something serves on.
const outlives = 3

// outlived is how many probes of readiness that were sent after the exit had such
// an answer: from what the process has started.
func (j *judge) outlived(such func(Probe) bool) (n int) {
	for _, p := range j.Probes {
		if p.Role == ReadyProbe && p.Begun > j.Exit && such(p) {
			n++
		}
	}
	return n
}

// passesOn reports whether a probe passed that was sent so long after the exit that
// something which had the signal too would have failed it.
func (j *judge) passesOn(p Probe) bool {
	return p.ok() && p.Begun > j.Exit+atOnce && j.proved(j.Exit, p.Begun)
}

// unmoved reports whether nothing changed until the process was killed: readiness
// was passing well into it, nothing was refused, and no answer said that it ends.
func (j *judge) unmoved() bool {
	passed := false
	for _, p := range j.Probes {
		if p.Begun <= j.Stop || p.Ended >= j.Killed {
			continue
		}
		if p.Outcome == Refused || p.Role == ReadyProbe && p.Outcome == Answered && !p.ok() {
			return false
		}
		passed = passed || p.Role == ReadyProbe && p.ok() && p.Begun > (j.Stop+j.Killed)/2
	}
	return passed
}

// reacted reports whether something was done about the signal before the end.
func (j *judge) reacted() bool {
	whole := 0
	for _, r := range j.Requests {
		if j.flew(r) && r.Outcome != Answered {
			return false
		} else if j.flew(r) {
			whole++
		}
	}
	return whole > 0 || j.aware() > j.Stop
}

// failed reports whether readiness failed after the stop, and before a moment.
func (j *judge) failed(before time.Duration) bool {
	return slices.ContainsFunc(j.of(ReadyProbe), func(p Probe) bool {
		return p.Outcome == Answered && !p.ok() && p.Ended <= before
	})
}

// meant reports whether the exit code is one of a clean stop.
func (j *judge) meant() bool {
	interrupted := j.Options.Code == 143 && j.Kind.Signal() == "SIGINT" && j.Life.Code == 130
	return j.Life.Code == 0 && j.BySignal == "" || j.Life.Code == j.Options.Code || interrupted
}

// exit judges when, how and with what left behind the process ended.
func (j *judge) exit() {
	took := j.Exit - j.Stop
	over := j.Killed > 0 || took > j.Budget+lateSum(j.Late)
	switch {
	case over && j.Kind == Hanging:
		j.find("stuck-request-holds", "still there %s; the budget is %v", j.after(max(j.Killed, j.Exit)), j.Budget)
	case j.Killed > 0:
		j.find("killed", "still there %s; the budget is %v%s", j.after(j.Killed), j.Budget, j.lost())
	case over:
		j.find("over-budget", "exit %s; the budget is %v", j.after(j.Exit), j.Budget)
	case j.Kind != Hanging && !j.meant() && (j.BySignal != "" || !j.cutSome()):
		j.find("exit-code", "exit code %d%s, %s%s", j.Life.Code, because(j.BySignal), j.after(j.Exit), lastLine(j.Output))
	}
	if cut, ok := j.cutStuck(); ok && !over && j.Kind == Hanging && j.Life.Code == 0 && j.BySignal == "" {
		j.find("stuck-request-exit-zero", "%s was %s, %s, and the exit code is 0", cut.What, cut.Outcome, j.after(cut.Ended))
	}
	served := j.outlived(func(p Probe) bool { return p.Outcome == Answered })
	switch {
	case j.Killed > 0:
	case len(j.Held) > 0:
		j.find("port-held", "%s takes connections %v after the exit; left are %s", strings.Join(j.Held, ", "), afterwards, list(j.Children))
	case served >= outlives:
		j.find("port-held", "%d probes of readiness that were sent after the exit were answered; the exit was %s", served, j.after(j.Exit))
	}
	if len(j.Children) > 0 && j.Killed == 0 {
		j.find("child-left", "%v after the exit there is still %s", afterwards, list(j.Children))
	}
}

func because(signal string) string {
	if signal == "" {
		return ""
	}
	return " (ended by " + signal + ")"
}

func list(parts []string) string {
	if len(parts) == 0 {
		return "no processes that are known"
	}
	return strings.Join(parts, ", ")
}

// cutSome reports whether a request was cut after the stop. Then an exit code that
// says so is right.
func (j *judge) cutSome() bool {
	return slices.ContainsFunc(j.Requests, func(r Request) bool {
		cut := r.Outcome == Closed || r.Outcome == Reset || r.Outcome == TimedOut
		return cut && r.Ended > j.Stop && r.reached(r.Ended)
	})
}

// lastLine is the last that was printed, or the line that says why a Go program
// crashed.
func lastLine(output string) string {
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			last = line
			break
		}
		if line != "" {
			last = line
		}
	}
	if last == "" {
		return ""
	}
	const most = 200
	return fmt.Sprintf("; it printed last: %.*q", most, last)
}

// cutStuck is the request that never ended, if it was cut.
func (j *judge) cutStuck() (Request, bool) {
	for _, r := range j.Requests {
		if r.Phase == Stuck && !slices.Contains([]Outcome{Answered, Refused, Declined, Unfinished}, r.Outcome) && r.Ended > j.Stop {
			return r, true
		}
	}
	return Request{}, false
}
