package broken

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/internal/plain"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// A Conforming is an implementation that differs from this module's where the
// contract leaves it the choice. The suite must find nothing wrong with it.
type Conforming struct {
	// Families are the families of clauses that the difference may show in,
	// separated by spaces.
	Families string
	Impl     conformance.Implementation
}

// variant is one difference, as a change to the real library.
type variant struct {
	name, families string
	change         func(i *impl)
}

// AllConforming returns each difference alone, so many times several of them
// combined, and implementations that offer little.
func AllConforming(combinations int) (all []Conforming) {
	each := slices.Concat(runVariants(), errorVariants(), logVariants(), graceVariants(), healthVariants(), serverVariants(), unusualVariants(), shapeVariants(), probeVariants(),
		servingVariants(), requestVariants(), probingVariants(), designVariants(), deliveryVariants(), momentVariants(), leewayVariants(), apartVariants(), wordingVariants())
	for _, v := range each {
		all = append(all, v.applied())
	}
	for seed := range combinations {
		all = append(all, combined(each, rand.New(rand.NewPCG(uint64(seed), 1))))
	}
	return append(all, partial()...)
}

func (v variant) applied() Conforming {
	i := mist.Implementation()
	i.Name = v.name
	v.change(&i)
	return Conforming{Families: v.families, Impl: i}
}

// combined is an implementation with several differences at once.
func combined(all []variant, r *rand.Rand) Conforming {
	var names, families []string
	i := mist.Implementation()
	for _, n := range r.Perm(len(all))[:4] {
		names = append(names, all[n].name)
		families = append(families, all[n].families)
		all[n].change(&i)
	}
	i.Name = strings.Join(names, " and ")
	return Conforming{Families: strings.Join(families, " "), Impl: i}
}

// partial are implementations that offer a part of the wider API.
func partial() (all []Conforming) {
	core := func(name, families string, base impl, add func(i *impl, whole impl)) {
		i := impl{Name: name, Run: base.Run, OnShutdown: base.OnShutdown, DrainGroup: base.DrainGroup, Is: base.Is}
		i.Health = func(tool, version string) funcs {
			h := base.Health(tool, version)
			return funcs{AddCheck: h.AddCheck, SetReady: h.SetReady, Liveness: h.Liveness, Readiness: h.Readiness}
		}
		add(&i, base)
		all = append(all, Conforming{Families: families, Impl: i})
	}
	with := func(takes conformance.Supported) func(i *impl, whole impl) {
		return func(i *impl, whole impl) { i.RunWith, i.Takes = whole.RunWith, takes }
	}
	library := mist.Implementation()
	core("offers the documented API and nothing more", "STATE RUN DRAIN HOOK SIG HEALTH", library, func(i *impl, _ impl) { i.Is = nil })
	core("offers no errors of its own", "RUN", plain.Implementation(), func(i *impl, _ impl) { i.Is = nil })
	core("has no grace, and no setting for it", "RUN DRAIN HOOK SIG", library, func(i *impl, whole impl) {
		i.Grace = -1
		i.Run = func(main task, drain, shutdown time.Duration) error {
			return whole.RunWith(main, settings{Drain: drain, Shutdown: shutdown, NoGrace: true})
		}
	})
	core("takes a parent and nothing else", "SIG", library, with(conformance.Supported{Parent: true}))
	core("takes signals and nothing else", "RUN DRAIN HOOK SIG", library, with(conformance.Supported{Signals: true}))
	core("takes an observer and nothing else", "STATE", library, with(conformance.Supported{Observe: true}))
	core("takes a log and nothing else", "LOG", library, with(conformance.Supported{Log: true}))
	core("takes a logger and signals", "LOG RUN", library, with(conformance.Supported{Logger: true, Signals: true}))
	core("takes a grace and a parent", "DRAIN", library, with(conformance.Supported{Grace: true, Parent: true}))
	core("has states to look at and no more", "STATE", library, func(i *impl, whole impl) { i.State = whole.State })
	core("has tasks and tracked units, and cannot be stopped", "HOOK", library, func(i *impl, whole impl) {
		with(conformance.Supported{Log: true, Observe: true})(i, whole)
		i.Track, i.Go, i.WorkContext = whole.Track, whole.Go, whole.WorkContext
	})
	core("has hooks that take a context, and no more", "HOOK", library, func(i *impl, whole impl) {
		with(conformance.Supported{Signals: true, Log: true})(i, whole)
		i.OnShutdownContext, i.Stop = whole.OnShutdownContext, whole.Stop
	})
	core("takes a delay and a parent", "DRAIN RUN", library, with(conformance.Supported{Delay: true, Parent: true}))
	core("takes an observer and signals", "STATE SIG RUN", library, with(conformance.Supported{Observe: true, Signals: true}))
	core("takes a signal to be an error, and has no exit code", "RUN", library, with(conformance.Supported{SignalError: true, Signals: true}))
	core("can be stopped, and has tasks and clean errors", "RUN", library, func(i *impl, whole impl) {
		with(conformance.Supported{CleanError: true})(i, whole)
		i.Stop, i.Go = whole.Stop, whole.Go
	})
	core("has hooks that can be taken back, and no more", "HOOK", library, func(i *impl, whole impl) { i.OnShutdownStop = whole.OnShutdownStop })
	core("has the whole API, with Run alone", "STATE RUN DRAIN HOOK SIG LOG HTTP HEALTH", library, func(i *impl, whole impl) {
		run := i.Run
		*i = whole
		i.Name, i.Run, i.RunWith, i.Takes = "has the whole API, with Run alone", run, nil, conformance.Supported{}
	})
	for _, v := range append(designVariants(), deliveryVariants()...) {
		if slices.Contains(strings.Fields(v.families), "HOOK") && slices.Contains(strings.Fields(v.families), "RUN") {
			core("of the documented API only, "+v.name, v.families, v.applied().Impl, func(i *impl, _ impl) { i.Is = nil })
		}
	}
	core("serves, and no more", "HTTP", library, func(i *impl, whole impl) {
		with(conformance.Supported{Parent: true})(i, whole)
		i.Serve, i.Handler = whole.Serve, whole.Handler
	})
	return all
}
