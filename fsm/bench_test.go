package fsm

import "testing"

// BenchmarkState is for readers on a hot path, such as a probe or a handler:
// at most 2 ns, and no allocation.
func BenchmarkState(b *testing.B) {
	m := New()
	b.ReportAllocs()
	for b.Loop() {
		m.State()
	}
}

func BenchmarkStateFromMany(b *testing.B) {
	m := New()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.State()
		}
	})
}

func BenchmarkCan(b *testing.B) {
	m := New()
	b.ReportAllocs()
	for b.Loop() {
		m.Can(Forced)
	}
}

// BenchmarkFire is one whole life of four transitions, its making included.
func BenchmarkFire(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := New()
		for _, e := range [...]Event{Started, StopRequested, Drained, HooksFinished} {
			if _, err := m.Fire(e); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkFireRefused(b *testing.B) {
	m := New()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Fire(Forced); err == nil {
			b.Fatal("accepted")
		}
	}
}
