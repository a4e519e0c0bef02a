package checks

import (
	"net/http"
	"os"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// CutWhenForced has a further interrupt end Draining, which cuts as the drain
// timeout does.
func CutWhenForced(c *Checker) {
	handle := func(v *service, _ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/stubborn" {
			time.Sleep(play.Patience)
			return
		}
		play.Wait(req.Context().Done(), play.Patience)
		v.note("context ended")
		time.Sleep(50 * time.Millisecond)
		v.note("cut off")
	}
	c.serving(c.Impl.Serve, subject.Settings{Signals: make(chan os.Signal)}, handle, func(v *service) {
		stubborn, polite := v.begin("stubborn"), v.begin("polite")
		v.signals <- os.Interrupt
		time.Sleep(time.Second)
		forced := v.now()
		v.signals <- os.Interrupt
		v.end()
		one, other := <-stubborn, <-polite
		c.expect(one.at <= forced+100*time.Millisecond+prompt && one.err != nil, "draining is forced to end at %s, and a request whose handler would not return: %v", scenarios.Show(forced), one)
		c.expect(v.at("context ended") <= forced+prompt && other.at <= forced+100*time.Millisecond+prompt, "draining is forced to end at %s, the context of a request ends at %s, and its client has at %s: %v",
			scenarios.Show(forced), scenarios.Show(v.at("context ended")), scenarios.Show(other.at), other)
		c.expect(v.hooksAt() <= forced+100*time.Millisecond+prompt, "draining is forced to end at %s with requests under way, and hooks begin at %s", scenarios.Show(forced), scenarios.Show(v.hooksAt()))
		c.expect(v.hooksAt() >= v.at("cut off"), "draining is forced to end, a handler returns at %s, 50ms after its context has ended, and hooks begin at %s", scenarios.Show(v.at("cut off")), scenarios.Show(v.hooksAt()))
		err := v.outcome()
		c.expect(err != nil && (!c.offered[subject.NeedIs] || c.Impl.Is(err, model.Forced)), "requests are cut when draining is forced to end, and Run returns %v", err)
	})
}
