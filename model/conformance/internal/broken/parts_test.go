package broken_test

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/greynewell/mist-go/internal/race"
	"github.com/greynewell/mist-go/model/conformance"
	"github.com/greynewell/mist-go/model/conformance/mist"
)

// part is an implementation that offers a part of the wider API.
type part struct {
	name string
	impl conformance.Implementation
}

// An implementation that leaves out any part of the wider API, or has only that part, is
// asked for nothing that it does not offer. Without LIFECYCLE_BROKEN none is examined.
func TestPartsOfTheAPIConform(t *testing.T) {
	t.Parallel()
	for n, p := range slices.Concat(partsOfAPI(), partsOfSettings(), partsOfHealth()) {
		every := map[string]int{"all": 5, "everything": 1}[os.Getenv(howMuch)]
		if every == 0 || race.Enabled || n%every != 1%every {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.impl.Name = p.name
			r := conformance.Examine(t, p.impl, conformance.Random(1), conformance.Every(6000))
			for _, o := range r.Clauses {
				if o.Result == conformance.Fail {
					t.Errorf("%s: %s", o.Clause, o.Reason)
				}
			}
		})
	}
}

// partsOfAPI are the whole API without one function, and the Core API with one.
func partsOfAPI() (all []part) {
	whole := mist.Implementation()
	for n, f := range fieldsOf(whole) {
		if f.Type.Kind() != reflect.Func || slices.Contains([]string{"Run", "OnShutdown", "DrainGroup", "Health"}, f.Name) {
			continue
		}
		without, only := whole, conformance.Implementation{Run: whole.Run, OnShutdown: whole.OnShutdown, DrainGroup: whole.DrainGroup}
		reflect.ValueOf(&without).Elem().Field(n).SetZero()
		if without.RunWith == nil {
			without.Takes = conformance.Supported{}
		}
		reflect.ValueOf(&only).Elem().Field(n).Set(reflect.ValueOf(whole).Field(n))
		only.Health = func(tool, version string) conformance.HealthFuncs { return notObserved(whole.Health(tool, version)) }
		if without.HealthWith == nil {
			without.Health = only.Health
		}
		all = append(all, part{"without " + f.Name, without}, part{"with " + f.Name + " alone", only})
	}
	return all
}

// notObserved leaves out what needs HealthWith.
func notObserved(h conformance.HealthFuncs) conformance.HealthFuncs {
	h.Takes.Observe = false
	return h
}

// partsOfSettings take all settings but one, and one alone.
func partsOfSettings() (all []part) {
	for n, f := range fieldsOf(conformance.Supported{}) {
		without, only := mist.Implementation(), mist.Implementation()
		reflect.ValueOf(&without.Takes).Elem().Field(n).SetZero()
		only.Takes = conformance.Supported{}
		reflect.ValueOf(&only.Takes).Elem().Field(n).SetBool(true)
		all = append(all, part{"without Takes." + f.Name, without}, part{"with Takes." + f.Name + " alone", only})
	}
	return all
}

// partsOfHealth have handlers without one function.
func partsOfHealth() (all []part) {
	for n, f := range fieldsOf(conformance.HealthFuncs{}) {
		if slices.Contains([]string{"AddCheck", "SetReady", "Liveness", "Readiness", "Takes", "AddCheckContext"}, f.Name) {
			continue
		}
		i := mist.Implementation()
		less := func(h conformance.HealthFuncs) conformance.HealthFuncs {
			if reflect.ValueOf(&h).Elem().Field(n).SetZero(); h.ReadinessOf == nil {
				h.CheckOf = nil
			}
			return h
		}
		health, healthWith := i.Health, i.HealthWith
		i.Health = func(tool, version string) conformance.HealthFuncs { return less(health(tool, version)) }
		i.HealthWith = func(tool, version string, s conformance.HealthSettings) conformance.HealthFuncs {
			return less(healthWith(tool, version, s))
		}
		all = append(all, part{"health without " + f.Name, i})
	}
	return all
}

func fieldsOf(v any) (all []reflect.StructField) {
	t := reflect.TypeOf(v)
	for n := range t.NumField() {
		all = append(all, t.Field(n))
	}
	return all
}
