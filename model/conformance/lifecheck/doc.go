// Command lifecheck asks the contract of docs/spec.md of a whole process, in any
// language, from outside: signals in, probes, requests and an exit code out.
//
//	go run github.com/greynewell/mist-go/model/conformance/lifecheck \
//	    -ready http://127.0.0.1:8080/readyz \
//	    -live http://127.0.0.1:8080/healthz \
//	    -work http://127.0.0.1:8080/slow \
//	    -delay 5s -budget 30s -profile kubernetes -- ./my-service -its -flags
//
// It starts the service, waits until it is ready, sends requests until some are
// really in flight, sends the signal that an orchestrator sends, and watches
// until the process has ended. It does so several times, in different ways, and
// reports what was wrong, by name and clause, with what was seen and what to
// change. docs/lifecheck.md lists the findings and shows a run.
//
// # What is started
//
// What comes after -- is started without a shell, in this directory, with this
// environment, in a process group that is killed at the end with everything that
// the service has started. Signals are sent to the process alone. Its input is
// open and empty; its output is read and the end of it is shown if the service
// does not come up. Nothing else may listen at its addresses.
//
// # Flags
//
//	-ready URL     readiness, which also says when the service is up. Required.
//	               "output:TEXT" is for a service without HTTP: it is up when it
//	               has printed the text. Then give -work none.
//	-live URL      liveness. Without it, liveness is not asked.
//	-work URL      work: a GET that takes a while to answer, best from 0.2 to 10
//	               seconds. Required; may be given several times. "none" says that
//	               the service takes no requests.
//	-upload URL    a URL that reads the body of a POST. Default: the first -work,
//	               if it does. "none": no POST is sent.
//	-hang URL      a GET that is never answered. Default: an upload that is not
//	               finished, if the service waits for the rest of it.
//	-delay D       how long the service serves on after the signal. Default: not
//	               known; then the listener may stay open, but not until the exit.
//	               0: it closes at once.
//	-budget D      from the signal to the exit. Default 30s. A process that is
//	               there a quarter longer (0.5s to 5s) is killed.
//	-start D       from the start to readiness. Default 1m.
//	-code N        an exit code that means a clean stop, besides 0. 143 allows a
//	               process to end by SIGTERM itself, once its work is done, and
//	               130 after SIGINT.
//	-profile P     kubernetes or standalone. Default standalone.
//	-runs N        how often it is stopped under load, and in start-up. Default 3.
//	-json          write the report as JSON; its durations are nanoseconds.
//	-markdown      write it as Markdown.
//	-q             no progress on standard error.
//
// Durations are written as Go has them: 500ms, 5s, 1m30s. A probe has a second to
// answer, as the kubelet has it. Certificates are not verified. With https, and
// with http where it is spoken with prior knowledge, HTTP/2 is used beside
// HTTP/1.1. A unix socket is http+unix://%2Frun%2Fservice.sock/readyz.
//
// # Profiles
//
// Everything is required by both, but for the delay. Standalone has the listener
// close when the service likes. Kubernetes asks that it stays open after the
// signal, since endpoints hear of the stop later than the service does: for half
// a second at least, or for -delay. Where a preStop hook waits instead, give
// -delay 0.
//
// # Exit codes
//
//	0   the service stops as it should
//	1   there are findings
//	2   inconclusive: nothing was in flight at the signal in some life, the
//	    command does not start, it never gets ready, or this machine was too busy;
//	    or a flag makes no sense
//
// # How long it takes
//
// The number of lives, 2×runs+5, times the time that the service takes to start
// and to stop, and that of the work. Findings that rest on how long something
// took have to be seen twice, which may cost some more lives. A life in which
// this machine was more than half a second late for a timer does not count, and
// is lived again, twice at most; so is one in which nothing was in flight, twice
// in all.
package main

//go:generate go test -count=1 -run=TestTheTableOfFindingsIsThatOfTheCode -update .
