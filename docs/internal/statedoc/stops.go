package statedoc

import (
	"fmt"
	"strings"

	"github.com/greynewell/mist-go/docs/internal/timeline"
)

// stop is one of the stops that are drawn.
type stop struct {
	file, title, caption string
	flags                string // of docs/timeline
}

var stops = []stop{
	{"clean", "A clean stop",
		"Readiness fails at once, the context is cancelled after the drain delay, and the hooks run, last registered first, after main has returned and the request is answered.",
		"-delay 3s -main 1s -work request=4s -hook db=1s -hook flush=2s"},
	{"drain-timeout", "The drain timeout",
		"Work that takes longer than the drain timeout is cut; the hooks still run.",
		"-main 1s -work export=20s -hook db=2s"},
	{"stuck-hook", "A stuck hook",
		"A hook that never returns uses up the time of those registered before it, which do not run.",
		"-main 1s -hook db=2s -hook flush=never"},
	{"forced", "A forced stop",
		"A further interrupt ends the phase under way, here draining; the hooks still run.",
		"-main 1s -work export=12s -interrupt-at 4s -hook db=2s"},
	{"main-stays", "Main does not return",
		"A main that does not return is waited for until the return grace is over, and again after the hooks, until the shutdown timeout is over.",
		"-main never -hook db=2s"},
}

const stopsOpening = `
## Five stops

What the model predicts for five stops of a service. ` + "`go run ./docs/timeline`" + ` draws
others, and says which line to change; ` + "`-h`" + ` lists its flags. Times count from the
stop. A cross marks where something that had not ended is cut.
`

func writeStops(b *strings.Builder) {
	b.WriteString(stopsOpening)
	for _, s := range stops {
		t := s.timeline()
		fmt.Fprintf(b, "\n### %s\n\n%s\n\n```sh\ngo run ./docs/timeline %s\n```\n\n![%s: %s](%s)\n\n%s\n",
			s.title, s.caption, s.flags, s.title, t.Returns(), s.image(), t.Returns())
	}
}

// image is where the drawing of a stop is, from docs.
func (s stop) image() string { return "images/timeline/" + s.file + ".svg" }

func (s stop) timeline() *timeline.Timeline {
	request, err := timeline.Parse(strings.Fields(s.flags))
	if err != nil {
		panic(fmt.Sprintf("statedoc: %s: %v", s.file, err))
	}
	t, err := timeline.New(request.Scenario, request.Names)
	if err != nil {
		panic(fmt.Sprintf("statedoc: %s: %v", s.file, err))
	}
	return t
}
