package services

import (
	"fmt"
	"slices"
	"time"

	"github.com/greynewell/mist-go/model/conformance/lifecheck/check"
)

// A Case is a service, and what lifecheck has to say of it.
type Case struct {
	Name  string
	Finds []string // empty: nothing
	// First are examined whenever the tests are run: of each family, one that takes few lives.
	First bool

	main    func() int
	scheme  string // http if it is empty
	admin   bool   // probes are on EnvAdmin
	unix    bool
	host    string
	command func(self string) []string // nil: the binary itself
	needs   string                     // a program that may be missing
	adjust  func(*check.Options)
}

// All are all cases: those that are wrong, then those that are right.
func All() []Case { return append(wrong(), right()...) }

// Needs is a program that the case cannot do without, or empty.
func (c Case) Needs() string { return c.needs }

// Options has the case started from the binary self, which calls Main, at ports
// or a directory of its own.
func (c Case) Options(self, dir string, port, admin int) check.Options {
	host := c.host
	if host == "" {
		host = "127.0.0.1"
	}
	addr, adminAddr := fmt.Sprintf("%s:%d", host, port), fmt.Sprintf("%s:%d", host, admin)
	scheme := c.scheme
	if scheme == "" {
		scheme = "http"
	}
	base, probes := scheme+"://"+addr, scheme+"://"+addr
	if c.admin {
		probes = scheme + "://" + adminAddr
	}
	if c.unix {
		addr = dir + "/s"
		base = scheme + "+unix://" + escape(addr)
		probes = base
	}
	o := check.Options{
		Command: []string{self},
		Env:     []string{NoRaceSleep, EnvName + "=" + c.Name, EnvAddr + "=" + addr, EnvAdmin + "=" + adminAddr},
		Ready:   probes + "/readyz", Live: probes + "/healthz", Work: []string{base + "/slow"},
		Delay: Delay, Budget: Budget, Start: 20 * time.Second, Runs: 1,
	}
	if c.command != nil {
		o.Command = c.command(self)
	}
	if c.adjust != nil {
		c.adjust(&o)
	}
	return o
}

func escape(path string) string {
	var b []byte
	for _, r := range []byte(path) {
		if r == '/' {
			b = append(b, "%2F"...)
		} else {
			b = append(b, r)
		}
	}
	return string(b)
}

// of makes the main of a service that is changed by change.
func of(change func(s *service)) func() int {
	return func() int {
		s := newService()
		change(s)
		return s.run()
	}
}

func finds(names ...string) []string { return slices.Clone(names) }
