//go:build unix

package main

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/child"
	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestEveryAcceptedJobIsDoneBeforeTheStoreIsClosed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-takes", "20ms")
	accepted := jobs(p, addr[0])
	guidetest.WantExit(t, p, 0)
	if done := named(p, "done job="); !slices.Equal(done, accepted) {
		t.Errorf("done\n%v\naccepted\n%v", done, accepted)
	}
	if at := p.Stderr.Find("store closed"); at < lastLine(p, "done job=") {
		t.Errorf("the store is closed before the last job is done:\n%s", p.Stderr)
	}
}

func TestWhatIsNotDoneAtTheDrainTimeoutIsSavedBeforeTheStoreIsClosed(t *testing.T) {
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-takes", "300ms", "-drain-timeout", "500ms")
	accepted := jobs(p, addr[0])
	guidetest.WantExit(t, p, 1)
	done, saved := named(p, "done job="), named(p, "start job=")
	if all := slices.Sorted(slices.Values(slices.Concat(done, saved))); !slices.Equal(all, accepted) || len(saved) == 0 {
		t.Errorf("done\n%v\nsaved\n%v\naccepted\n%v", done, saved, accepted)
	}
	if at := p.Stderr.Find("store closed"); at < lastLine(p, " job=") {
		t.Errorf("the store is closed before the last job is saved:\n%s", p.Stderr)
	}
	guidetest.WantQuotedLog(t, p, "../workers.md", 0)
}

func TestAPortThatIsTakenIsTheOnlyErrorAndEndsTheWorkers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := guidetest.Start(t, "-addr", ln.Addr().String())
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "store closed", "workers failed")
	p.AwaitLog("address already in use")
	if p.Stderr.Find("drain timeout") >= 0 {
		t.Error("the workers did not end")
	}
}

// jobs has clients send jobs from before the stop until they are refused, and
// returns those that were accepted, sorted.
func jobs(p *child.Process, addr string) (accepted []string) {
	var mu sync.Mutex
	var clients sync.WaitGroup
	began := make(chan struct{})
	for c := range 4 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for n := 0; ; n++ {
				job := fmt.Sprintf("%d-%03d", c, n)
				resp, err := client.Post("http://"+addr+"/jobs", "text/plain", strings.NewReader(job))
				if err != nil {
					return // the listener is closed
				}
				resp.Body.Close()
				if resp.StatusCode == http.StatusAccepted {
					mu.Lock()
					accepted = append(accepted, job)
					if len(accepted) == 20 {
						close(began)
					}
					mu.Unlock()
				}
			}
		})
	}
	<-began
	p.Signal(syscall.SIGTERM)
	clients.Wait()
	slices.Sort(accepted)
	return accepted
}

// named are the jobs in lines with the text, sorted.
func named(p *child.Process, text string) (jobs []string) {
	for _, line := range p.Stderr.All() {
		if _, job, ok := strings.Cut(line, text); ok {
			jobs = append(jobs, job)
		}
	}
	slices.Sort(jobs)
	return jobs
}

// lastLine is the index of the last line with the text.
func lastLine(p *child.Process, text string) (last int) {
	for i, line := range p.Stderr.All() {
		if strings.Contains(line, text) {
			last = i
		}
	}
	return last
}
