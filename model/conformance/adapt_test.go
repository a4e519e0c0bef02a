package conformance

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// fill sets every field of a struct to something that is not zero. What is made
// by a function is filled too.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Func:
		t := v.Type()
		v.Set(reflect.MakeFunc(t, func([]reflect.Value) (results []reflect.Value) {
			for i := range t.NumOut() {
				result := reflect.New(t.Out(i)).Elem()
				fill(result)
				results = append(results, result)
			}
			return results
		}))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("set"), reflect.ValueOf("set"))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Chan:
		v.Set(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, v.Type().Elem()), 0).Convert(v.Type()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("set")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Interface:
		for _, known := range []any{context.Background(), http.NotFoundHandler()} {
			if reflect.TypeOf(known).Implements(v.Type()) {
				v.Set(reflect.ValueOf(known))
			}
		}
	}
}

func filled[T any]() (v T) {
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// expectSet expects that no field of a struct is zero, and that it has as many as
// the type that it was made of.
func expectSet(t *testing.T, of any, made any) {
	t.Helper()
	v := reflect.ValueOf(made)
	if has, want := v.NumField(), reflect.TypeOf(of).NumField(); has != want {
		t.Errorf("%T has %d fields, and %T has %d", made, has, of, want)
	}
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%T.%s is not set", made, v.Type().Field(i).Name)
		}
	}
}

func TestEveryFieldOfAnImplementationIsConverted(t *testing.T) {
	impl := filled[Implementation]()
	s := subjectOf(impl)
	expectSet(t, impl, *s)
	expectSet(t, impl.Takes, s.Takes)
	expectSet(t, Machine{}, s.Machine())
	expectSet(t, Misuse{}, s.Misuses[0])
	expectSet(t, HealthFuncs{}, s.Health("tool", "version"))
	expectSet(t, HealthFuncs{}, s.HealthWith("tool", "version", subject.HealthSettings{}))
	expectSet(t, HealthSupported{}, s.Health("tool", "version").Takes)
}

func TestEverySettingIsConverted(t *testing.T) {
	impl := filled[Implementation]()
	var run Settings
	impl.RunWith = func(_ func(context.Context) error, s Settings) error { run = s; return nil }
	var health HealthSettings
	var check CheckSettings
	impl.HealthWith = func(_, _ string, s HealthSettings) HealthFuncs {
		health = s
		return HealthFuncs{AddCheckContext: func(_ string, _ func(context.Context) error, s CheckSettings) { check = s }}
	}
	s := subjectOf(impl)
	given := filled[subject.Settings]()
	var step subject.Step
	given.Observe = func(s subject.Step) { step = s }
	_ = s.RunWith(nil, given)
	expectSet(t, given, run)
	run.Observe(filled[Step]())
	if step.From != "set" || step.On != "set" || step.To != "set" {
		t.Errorf("the observer gets %+v", step)
	}
	s.HealthWith("", "", filled[subject.HealthSettings]()).AddCheckContext("", nil, filled[subject.CheckSettings]())
	expectSet(t, subject.HealthSettings{}, health)
	expectSet(t, subject.CheckSettings{}, check)
}

func TestWhatIsNotOfferedStaysSo(t *testing.T) {
	if s := subjectOf(Implementation{}); !reflect.ValueOf(*s).IsZero() {
		t.Errorf("of nothing is made %+v", *s)
	}
	impl := Implementation{Health: func(string, string) HealthFuncs { return HealthFuncs{} }}
	if h := subjectOf(impl).Health("", ""); !reflect.ValueOf(h).IsZero() {
		t.Errorf("of no health is made %+v", h)
	}
}
