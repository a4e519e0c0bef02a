package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Profile says what is required of a service where it runs.
type Profile string

const (
	// Standalone is a service that nothing routes to by itself: it may close its
	// listener as soon as it is asked to stop.
	Standalone Profile = "standalone"
	// Kubernetes is a service behind endpoints that hear of the stop later than
	// it does: it has to serve on for a while (Options.Delay, half a second if
	// that is not known).
	Kubernetes Profile = "kubernetes"
)

// DelayUnknown is the Options.Delay of a service whose drain delay is not known.
// Then the listener may stay open for a while, but not until the exit.
const DelayUnknown time.Duration = -1

// Output begins the Options.Ready of a service without HTTP: it is up when it has
// printed the text that follows.
const Output = "output:"

// None is the Options.Upload and the only element of Options.Work where there is
// nothing to ask for.
const None = "none"

// Options say what is started, where it answers, and what is required.
type Options struct {
	Command []string // the program and its arguments
	Env     []string // added to this process's environment
	Dir     string   // where it runs; empty: here

	Ready  string   // URL of readiness, which also says when the service is up; or Output and a text
	Live   string   // URL of liveness; empty: not asked
	Work   []string // URLs that take a while to answer; None: the service takes no requests
	Upload string   // URL that reads the body of a POST; empty: the first of Work, if it does; None
	Hang   string   // URL that never answers; empty: an upload that is not finished, if there is one

	Delay   time.Duration // how long it serves on after the stop; DelayUnknown
	Budget  time.Duration // from the signal to the exit; 0: 30 s
	Start   time.Duration // from the start to readiness; 0: 60 s
	Code    int           // an exit code that means a clean stop, besides 0
	Profile Profile       // empty: Standalone
	Runs    int           // how often it is stopped under load; 0: 3

	Progress func(line string) // called for each step; nil: not at all
}

// settled returns the options with their defaults, and what is wrong with them.
func (o Options) settled() (Options, error) {
	o.Budget = defaultTo(o.Budget, 30*time.Second)
	o.Start = defaultTo(o.Start, time.Minute)
	o.Runs = defaultTo(o.Runs, 3)
	o.Profile = defaultTo(o.Profile, Standalone)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf("lifecheck: "+format, args...)) }
	if len(o.Command) == 0 {
		bad("there is no command to start")
	}
	if o.Profile != Standalone && o.Profile != Kubernetes {
		bad("profile %q is neither %s nor %s", o.Profile, Kubernetes, Standalone)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"delay", o.knownDelay()}, {"budget", o.Budget}, {"start", o.Start}} {
		if d.value < 0 {
			bad("the %s of %v is negative", d.name, d.value)
		}
	}
	if o.Runs < 0 {
		bad("the number of runs, %d, is negative", o.Runs)
	}
	if o.Code < 0 || o.Code > 255 {
		bad("the exit code %d is not from 0 to 255", o.Code)
	}
	if o.Delay >= o.Budget && o.Budget > 0 {
		bad("the delay of %v does not fit into the budget of %v", o.Delay, o.Budget)
	}
	if len(o.Work) == 0 {
		bad("there is no URL for work; %q says that the service takes no requests", None)
	}
	if slices.Equal(o.Work, []string{None}) {
		o.Work = nil
	}
	if slices.Contains(o.Work, None) {
		bad("work is %q and %q: it is either URLs or %[2]s", strings.Join(slices.DeleteFunc(slices.Clone(o.Work), func(u string) bool { return u == None }), " "), None)
		return o, errors.Join(wrong...)
	}
	for _, u := range o.urls() {
		if _, err := parseTarget(u); err != nil {
			bad("%v", err)
		}
	}
	return o, errors.Join(wrong...)
}

// knownDelay is the delay, or 0 if it is not known.
func (o Options) knownDelay() time.Duration {
	if o.Delay == DelayUnknown {
		return 0
	}
	return o.Delay
}

// resolve looks for hosts that are not known. Waiting for one would look like
// waiting for the service.
func (o Options) resolve(ctx context.Context) error {
	var wrong []error
	for _, u := range o.urls() {
		t := mustTarget(u)
		host, _, err := net.SplitHostPort(t.addr)
		if t.network != "tcp" || err != nil {
			continue
		}
		if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
			wrong = append(wrong, fmt.Errorf("lifecheck: the host of %s is not known: %w", u, err))
		}
	}
	return errors.Join(wrong...)
}

func defaultTo[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// urls are all that are set.
func (o Options) urls() []string {
	urls := slices.Clone(o.Work)
	if _, printed := o.readyText(); !printed {
		urls = append([]string{o.Ready}, o.Work...)
	}
	for _, u := range []string{o.Live, o.Upload, o.Hang} {
		if u != "" && u != None {
			urls = append(urls, u)
		}
	}
	return urls
}

// readyText is what the service prints when it is up, if that says so.
func (o Options) readyText() (text string, ok bool) { return strings.CutPrefix(o.Ready, Output) }

// window is how long the listener has to stay open after the stop.
func (o Options) window() time.Duration {
	if o.Delay == DelayUnknown && o.Profile == Kubernetes {
		return 500 * time.Millisecond
	}
	return max(o.Delay, 0)
}

// target is a URL, taken apart for dialing.
type target struct {
	url     string
	tls     bool
	network string // tcp or unix
	addr    string
	host    string // for the Host header and SNI
	path    string
	http2   bool // it speaks nothing else
}

// parseTarget takes http, https, http+unix and https+unix. The host of the last
// two is the path of a socket, escaped: http+unix://%2Frun%2Fsvc.sock/readyz.
func parseTarget(raw string) (target, error) {
	if raw == "" {
		return target{}, errors.New("there is no URL for readiness")
	}
	scheme, unix := strings.CutSuffix(schemeOf(raw), "+unix")
	if scheme != "http" && scheme != "https" {
		return target{}, fmt.Errorf("%q is not a URL with http or https", raw)
	}
	_, rest, _ := strings.Cut(raw, "://")
	host, path, _ := strings.Cut(rest, "/")
	t := target{url: raw, tls: scheme == "https", network: "tcp", path: "/" + path}
	if unix {
		socket, err := url.PathUnescape(host)
		if err != nil || socket == "" {
			return target{}, fmt.Errorf("%q does not name a socket", raw)
		}
		t.network, t.addr, t.host = "unix", socket, "localhost"
		return t, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	if u.Hostname() == "" {
		return target{}, fmt.Errorf("%q has no host", raw)
	}
	port := u.Port()
	if port == "" {
		port = map[bool]string{false: "80", true: "443"}[t.tls]
	}
	t.host, t.path = u.Host, u.RequestURI()
	t.addr = joinHostPort(u.Hostname(), port)
	return t, nil
}

func schemeOf(raw string) string {
	scheme, _, _ := strings.Cut(raw, "://")
	return strings.ToLower(scheme)
}

func mustTarget(raw string) target {
	t, _ := parseTarget(raw) // settled has looked at it
	return t
}
