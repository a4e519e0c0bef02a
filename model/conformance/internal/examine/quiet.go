package examine

import (
	"fmt"
	"runtime"
)

// quiet is a rapid.TB that keeps what it is told: a property that fails is a
// result to be reported, not a test that fails.
type quiet struct {
	name   string
	failed bool
	said   string
}

// The methods of rapid.TB.
func (t *quiet) Helper()                           {}
func (t *quiet) Name() string                      { return t.name }
func (t *quiet) Logf(string, ...any)               {}
func (t *quiet) Log(...any)                        {}
func (t *quiet) Skipf(string, ...any)              { runtime.Goexit() }
func (t *quiet) Skip(...any)                       { runtime.Goexit() }
func (t *quiet) SkipNow()                          { runtime.Goexit() }
func (t *quiet) Errorf(format string, args ...any) { t.Error(fmt.Sprintf(format, args...)) }
func (t *quiet) Error(args ...any)                 { t.failed, t.said = true, fmt.Sprint(args...) }
func (t *quiet) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }
func (t *quiet) Fatal(args ...any)                 { t.Error(args...); runtime.Goexit() }
func (t *quiet) FailNow()                          { t.failed = true; runtime.Goexit() }
func (t *quiet) Fail()                             { t.failed = true }
func (t *quiet) Failed() bool                      { return t.failed }
