package fsm

import (
	"context"
	"testing"
)

// STATE-3: what a context carries can be read.
func TestContextCarriesTheInnermostSource(t *testing.T) {
	type key struct{}
	outer, inner := New(), New()
	withOuter := NewContext(context.Background(), outer)
	cancelled, cancel := context.WithCancel(withOuter)
	cancel()
	cases := []struct {
		name string
		ctx  context.Context
		want Source
	}{
		{"a nil context carries none", nil, nil},
		{"a context that was given none carries none", context.Background(), nil},
		{"a source is found", withOuter, outer},
		{"a source is found through other values", context.WithValue(withOuter, key{}, inner), outer},
		{"a source is found after the cancellation", cancelled, outer},
		{"an inner source hides the outer", NewContext(withOuter, inner), inner},
		{"a nil source hides the outer", NewContext(withOuter, nil), nil},
		{"the outer context keeps its own", withOuter, outer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := FromContext(c.ctx)
			if got != c.want || ok != (c.want != nil) {
				t.Errorf("got %v, %v, want %v", got, ok, c.want)
			}
		})
	}
}

func TestNewContextPanicsOnANilContext(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it did not")
		}
	}()
	var none context.Context
	NewContext(none, New())
}
