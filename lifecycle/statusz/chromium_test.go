package statusz_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/internal/race"
)

// chromium is a headless browser with one tab. It is driven through a pipe, as
// --remote-debugging-pipe offers: one JSON message after the other, each with a
// NUL at its end.
type chromium struct {
	*testing.T
	in, out  *os.File
	messages *bufio.Reader
	session  string
	calls    int
	width    int      // of the window
	console  []string // errors and warnings of the page or about it
	requests []string // URLs that it requested
}

// browse starts the browser. Without one the test is skipped, or fails where
// it must not be.
func browse(t *testing.T) *chromium {
	t.Helper()
	if race.Enabled {
		t.Skip("what a browser shows does not depend on the race detector")
	}
	path, err := exec.LookPath("chromium")
	if err != nil || runtime.GOOS == "windows" { // there a process inherits no pipes by number
		const missing = "no chromium in PATH; on Debian: apt-get install chromium"
		if os.Getenv("MIST_NO_SKIP") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-lcd-text", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	c := &chromium{T: t, in: in, out: out, messages: bufio.NewReader(out)}
	t.Cleanup(func() { // before the directory is removed, which was made before
		_, _ = in.WriteString(`{"id":0,"method":"Browser.close"}` + "\x00")
		_ = cmd.Wait()
		_, _ = in.Close(), out.Close()
	})
	c.open()
	return c
}

func (c *chromium) open() {
	var target struct{ TargetID string }
	c.call("Target.createTarget", args{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	c.call("Target.attachToTarget", args{"targetId": target.TargetID, "flatten": true}, &session)
	c.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		c.call(domain+".enable", nil, nil)
	}
}

type args map[string]any

type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// call calls a method of the browser and waits for its result.
func (c *chromium) call(method string, params args, result any) {
	c.Helper()
	c.calls++
	request := args{"id": c.calls, "method": method, "params": params}
	if params == nil {
		request["params"] = args{}
	}
	if c.session != "" {
		request["sessionId"] = c.session
	}
	text, _ := json.Marshal(request)
	if _, err := c.in.Write(append(text, 0)); err != nil {
		c.Fatal(err)
	}
	_ = c.out.SetReadDeadline(time.Now().Add(2 * time.Minute))
	for {
		answer, err := c.messages.ReadBytes(0)
		if err != nil {
			c.Fatalf("%s: %v", method, err)
		}
		var m message
		if err := json.Unmarshal(answer[:len(answer)-1], &m); err != nil {
			c.Fatal(err)
		}
		switch {
		case m.ID != c.calls:
			c.event(m)
		case m.Error != nil:
			c.Fatalf("%s: %s", method, m.Error.Message)
		default:
			if result != nil {
				_ = json.Unmarshal(m.Result, result)
			}
			return
		}
	}
}

func (c *chromium) event(m message) {
	switch m.Method {
	case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
		c.console = append(c.console, string(m.Params))
	case "Network.requestWillBeSent":
		var sent struct{ Request struct{ URL string } }
		_ = json.Unmarshal(m.Params, &sent)
		if !strings.HasPrefix(sent.Request.URL, "data:") {
			c.requests = append(c.requests, sent.Request.URL)
		}
	}
}

// look has the window at a width and a colour scheme, in CSS pixels.
func (c *chromium) look(width int, scheme string) {
	c.Helper()
	c.width = width
	c.call("Emulation.setDeviceMetricsOverride", args{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	c.call("Emulation.setEmulatedMedia", args{"features": []args{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

func (c *chromium) visit(url string) {
	c.Helper()
	c.call("Page.navigate", args{"url": url}, nil)
	c.wait(fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, url))
}

// eval evaluates a piece of script.
func (c *chromium) eval(script string) any {
	c.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	c.call("Runtime.evaluate", args{"expression": script, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		c.Fatalf("%s: %v", script, answer.ExceptionDetails)
	}
	return answer.Result.Value
}

// wait waits until the script says true.
func (c *chromium) wait(script string) {
	c.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if c.eval(script) == true {
			return
		}
		if time.Now().After(end) {
			c.Fatalf("never: %s", script)
		}
	}
}

// shoot takes a picture of the whole page, as PNG.
func (c *chromium) shoot() []byte {
	c.Helper()
	var size struct {
		CSSContentSize struct{ Width, Height float64 }
	}
	c.call("Page.getLayoutMetrics", nil, &size)
	var shot struct{ Data string }
	c.call("Page.captureScreenshot", args{"captureBeyondViewport": true, "clip": args{
		"x": 0, "y": 0, "scale": 1, "width": size.CSSContentSize.Width, "height": size.CSSContentSize.Height}}, &shot)
	picture, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		c.Fatal(err)
	}
	return picture
}
