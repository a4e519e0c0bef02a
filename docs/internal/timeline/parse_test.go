package timeline

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/model"
	"pgregory.net/rapid"
)

func TestFlagsBecomeAScenario(t *testing.T) {
	args := "-main 8s/fail -work export=20s -work 20s -hook db=3s/fail -hook never@4s -drain 9s -shutdown 2s -grace 0 -delay 1s -interrupt-at 7s -svg x.svg"
	got, err := Parse(strings.Fields(args))
	if err != nil {
		t.Fatal(err)
	}
	const s = time.Second
	want := model.Scenario{
		DrainDelay: s, ReturnGrace: model.NoGrace, DrainTimeout: 9 * s, ShutdownTimeout: 2 * s,
		Main:   model.Main{AfterCancel: true, After: 8 * s, Ends: model.ReturnsError},
		Stops:  []model.Stop{{By: model.SIGTERM, At: s}, {By: model.SIGINT, At: 8 * s}},
		Tracks: []model.Track{{Lasts: 21 * s}, {Lasts: 21*s + 1}},
		Hooks:  []model.Hook{{Lasts: 3 * s, Ends: model.ReturnsError}, {Lasts: model.Never, Timeout: 4 * s}},
	}
	if got.Scenario.String() != want.String() || got.SVG != "x.svg" {
		t.Errorf("got %v\nwant %v", got.Scenario, want)
	}
	if names := append(got.Names.Tracks, got.Names.Hooks...); strings.Join(names, ",") != "export,,db," {
		t.Errorf("names %q", names)
	}
}

func TestABadFlagIsAnErrorThatNamesItAndItsValue(t *testing.T) {
	for _, args := range []string{
		"-main 5", "-main -1s", "-main soon", "-main 1s/late", "-main 25h", "-main 1us", "-main ",
		"-work x=", "-work =1s", "-work a=b=1s", "-work x\x00=1s", "-work \xff=1s",
		"-hook 1s@", "-hook 1s@0", "-hook 1s@never", "-hook 1s@2s/fail", "-hook /fail",
		"-drain 0", "-shutdown 0s", "-drain never", "-grace -2ns", "-delay -1ns", "-interrupt-at 0",
		"-interrupt-at never",
	} {
		name, value, _ := strings.Cut(args, " ")
		_, err := Parse([]string{name, value})
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", args, err)
			continue
		}
		quoted := strings.NewReplacer("\x00", `\x00`, "\xff", `\xff`).Replace(value)
		if !strings.Contains(err.Error(), "flag "+name) || !strings.Contains(err.Error(), quoted) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestOtherMistakesAreErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-main 1s 5s":                       `"5s"`,
		"-mian 1s":                          "-mian",
		"-main":                             "-main",
		"-interrupt-at 2s -interrupt-at 1s": "after the stop and the interrupt before it",
		"-interrupt-at 2s -interrupt-at 2s": "after the stop and the interrupt before it",
		"-interrupt-at 1s -interrupt-at 2s -interrupt-at 3s -interrupt-at 4s -interrupt-at 5s -interrupt-at 6s": "more than 4",
	} {
		if _, err := Parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	if _, err := Parse([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// Whatever is typed is an error, or is drawn.
func TestAnyCommandLineIsRefusedOrDrawn(t *testing.T) {
	names := rapid.SampledFrom([]string{"-main", "-work", "-hook", "-drain", "-shutdown", "-grace", "-delay", "-interrupt-at", "-svg", "-x"})
	value := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-z]=)?(never|[0-9]{1,3}(ms|s|m|h))(/fail)?(@[0-9]s)?`))
	rapid.Check(t, func(t *rapid.T) {
		var args []string
		for range rapid.IntRange(0, 6).Draw(t, "flags") {
			args = append(args, names.Draw(t, "name"), value.Draw(t, "value"))
		}
		request, err := Parse(args)
		if err != nil {
			return
		}
		timeline, err := New(request.Scenario, request.Names)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if timeline.Text() == "" || timeline.SVG() == "" {
			t.Fatalf("%q: nothing is drawn", args)
		}
	})
}
