package subject

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Valid returns an error that names the field if one that must be set is not, or
// if two contradict each other. It calls none of them.
func (impl *Implementation) Valid() error {
	switch {
	case impl.Run == nil:
		return errors.New("Implementation.Run is nil")
	case impl.OnShutdown == nil:
		return errors.New("Implementation.OnShutdown is nil")
	case impl.DrainGroup == nil:
		return errors.New("Implementation.DrainGroup is nil")
	case impl.Health == nil && !impl.NoHealth:
		return errors.New("Implementation.Health is nil; if there is no health handler, set NoHealth")
	case impl.Health != nil && impl.NoHealth:
		return errors.New("Implementation.NoHealth is set, and Implementation.Health is not nil")
	case impl.HealthWith != nil && impl.NoHealth:
		return errors.New("Implementation.NoHealth is set, and Implementation.HealthWith is not nil")
	}
	if set := firstSet(impl.Takes); set != "" && impl.RunWith == nil {
		return fmt.Errorf("Implementation.Takes.%s is set, and Implementation.RunWith is nil", set)
	}
	for i, m := range impl.Misuses {
		switch {
		case m.Argument == "":
			return fmt.Errorf("Implementation.Misuses[%d].Argument is empty", i)
		case m.Run == nil && m.Within == nil:
			return fmt.Errorf("Implementation.Misuses[%d] has neither Run nor Within", i)
		case m.Run != nil && m.Within != nil:
			return fmt.Errorf("Implementation.Misuses[%d] has both Run and Within", i)
		}
	}
	return nil
}

// Valid is Implementation.Valid for a health handler of that implementation.
func (h HealthFuncs) Valid(of *Implementation) error {
	switch {
	case h.AddCheck == nil:
		return errors.New("HealthFuncs.AddCheck is nil")
	case h.SetReady == nil:
		return errors.New("HealthFuncs.SetReady is nil")
	case isNil(h.Liveness):
		return errors.New("HealthFuncs.Liveness is nil")
	case isNil(h.Readiness):
		return errors.New("HealthFuncs.Readiness is nil")
	case h.Takes.Observe && of.HealthWith == nil:
		return errors.New("HealthFuncs.Takes.Observe is set, and Implementation.HealthWith is nil")
	case h.ReadinessOf != nil && h.AddCheckContext == nil:
		return errors.New("HealthFuncs.ReadinessOf is set, and HealthFuncs.AddCheckContext is nil")
	}
	if set := firstSet(h.Takes); set != "" && h.AddCheckContext == nil {
		return fmt.Errorf("HealthFuncs.Takes.%s is set, and HealthFuncs.AddCheckContext is nil", set)
	}
	return nil
}

// firstSet returns the name of the first field of a struct that is true.
func firstSet(takes any) string {
	v := reflect.ValueOf(takes)
	for i := range v.NumField() {
		if v.Field(i).Bool() {
			return v.Type().Field(i).Name
		}
	}
	return ""
}

// isNil returns true for a handler that is nil, or a nil function or pointer that
// was converted to one.
func isNil(h http.Handler) bool {
	if h == nil {
		return true
	}
	kinds := []reflect.Kind{reflect.Func, reflect.Pointer, reflect.Map}
	return slices.Contains(kinds, reflect.TypeOf(h).Kind()) && reflect.ValueOf(h).IsNil()
}

// Without returns the implementation without some of its optional fields, which are
// named as [Need] names them.
func (impl *Implementation) Without(fields []Need) *Implementation {
	if len(fields) == 0 {
		return impl
	}
	less := *impl
	var ofHealth []string
	for _, f := range fields {
		if name, ok := strings.CutPrefix(string(f), "Health."); ok {
			ofHealth = append(ofHealth, name)
		} else {
			reflect.ValueOf(&less).Elem().FieldByName(string(f)).SetZero()
		}
	}
	without := func(h HealthFuncs) HealthFuncs {
		for _, name := range ofHealth {
			reflect.ValueOf(&h).Elem().FieldByName(name).SetZero()
		}
		return h
	}
	if len(ofHealth) > 0 {
		less.Health = func(tool, version string) HealthFuncs { return without(impl.Health(tool, version)) }
	}
	if with := less.HealthWith; len(ofHealth) > 0 && with != nil {
		less.HealthWith = func(tool, version string, s HealthSettings) HealthFuncs { return without(with(tool, version, s)) }
	}
	return &less
}
