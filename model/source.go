package model

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// String returns the scenario as Go source: a composite literal that can be
// pasted into any file that imports this package, as a regression case. What
// is zero is left out.
func (s Scenario) String() string {
	fields := setFields(reflect.ValueOf(s))
	if len(fields) == 0 {
		return "model.Scenario{}"
	}
	var b strings.Builder
	b.WriteString("model.Scenario{")
	for _, f := range fields {
		b.WriteString("\n\t" + f.name + ": ")
		if f.value.Kind() != reflect.Slice {
			b.WriteString(literal(f.value, true) + ",")
			continue
		}
		b.WriteString(f.value.Type().String() + "{")
		for i := range f.value.Len() {
			b.WriteString("\n\t\t" + literal(f.value.Index(i), false) + ",")
		}
		b.WriteString("\n\t},")
	}
	b.WriteString("\n}")
	return b.String()
}

// GoString returns what String does, so that rapid prints a failing scenario
// in the form in which it can be kept.
func (s Scenario) GoString() string { return s.String() }

type field struct {
	name  string
	value reflect.Value
}

// setFields returns the fields of a struct that are not zero.
func setFields(v reflect.Value) []field {
	var fs []field
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
			continue
		}
		fs = append(fs, field{v.Type().Field(i).Name, f})
	}
	return fs
}

// literal returns a value on one line. An element of a slice leaves out its
// type, which the slice has named already.
func literal(v reflect.Value, named bool) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return durationSource(x)
	case Exit, Trigger, Ask:
		return fmt.Sprintf("model.%v", x)
	}
	var parts []string
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range setFields(v) {
			parts = append(parts, f.name+": "+literal(f.value, true))
		}
	case reflect.Slice:
		for i := range v.Len() {
			parts = append(parts, literal(v.Index(i), false))
		}
	default:
		return fmt.Sprint(v.Interface())
	}
	body := "{" + strings.Join(parts, ", ") + "}"
	if named {
		return v.Type().String() + body
	}
	return body
}

// durationSource returns a duration as a constant expression: what is whole,
// and the low bit that the generators add to it.
func durationSource(d time.Duration) string {
	switch d {
	case Never:
		return "model.Never"
	case BeforeRun:
		return "model.BeforeRun"
	case NoGrace:
		return "model.NoGrace"
	}
	whole, rest := d.Truncate(time.Millisecond), d%time.Millisecond
	unit, name := time.Millisecond, "time.Millisecond"
	if whole%time.Second == 0 {
		unit, name = time.Second, "time.Second"
	}
	switch {
	case whole == 0:
		return fmt.Sprintf("%d", int64(rest))
	case whole != unit:
		name = fmt.Sprintf("%d*%s", int64(whole/unit), name)
	}
	if rest == 0 {
		return name
	}
	return fmt.Sprintf("%s + %d", name, int64(rest))
}
