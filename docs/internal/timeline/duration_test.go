package timeline

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1500 * time.Millisecond: "1.5s", time.Minute: "1m", 90 * time.Second: "1m30s",
		time.Hour: "1h", time.Hour + time.Second: "1h0m1s", 10 * time.Minute: "10m", time.Second + 1: "1s",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is printed as %q, not %q", d, got, want)
		}
	}
}

func TestDurationsAreWrittenAsInGo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "time.Second", 21 * time.Second: "21*time.Second", 90 * time.Second: "90*time.Second",
		time.Minute: "time.Minute", 2 * time.Hour: "2*time.Hour", 1500 * time.Millisecond: "1500*time.Millisecond",
	} {
		if got := goDuration(d); got != want {
			t.Errorf("%v is written as %q, not %q", d, got, want)
		}
	}
}

func TestTheMarksOfAnAxisDoNotTouch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const room = 40
		length := time.Duration(rapid.Int64Range(0, int64(longest)).Draw(t, "length"))
		marks := scale{8, room, 0, length}.ticks(1, 2)
		if len(marks) == 0 || marks[0] != (tick{8, "0s"}) {
			t.Fatalf("%v begins with %v", length, marks)
		}
		for i, m := range marks[1:] {
			if before := marks[i]; m.x < before.x+len(before.label)+2 || m.x > 8+room {
				t.Fatalf("%v: %v", length, marks)
			}
		}
	})
}
