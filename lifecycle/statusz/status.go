package statusz

import (
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// status is what the page and the JSON show.
type status struct {
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	History []phase   `json:"history,omitempty"`
	*details
	Checks     []check `json:"checks,omitempty"`
	MoreChecks int     `json:"more_checks,omitempty"`

	Health bool      `json:"-"` // show the checks, even if there are none
	state  fsm.State // for the diagram
}

// details are the fields that only a snapshot has.
type details struct {
	Began         time.Time `json:"began"`
	Uptime        seconds   `json:"uptime_seconds"`
	Entered       time.Time `json:"entered"`
	Limit         seconds   `json:"limit_seconds,omitzero"`
	Left          *seconds  `json:"left_seconds,omitempty"`
	StoppedWithin *seconds  `json:"stopped_within_seconds,omitempty"`
	Cause         string    `json:"cause,omitempty"`
	MainReturned  bool      `json:"main_returned"`
	Tracked       int       `json:"tracked"`
	Requests      int       `json:"requests"`
	Work          []work    `json:"work"`
	MoreWork      int       `json:"more_work,omitempty"`
	Hooks         []hook    `json:"hooks"`
	MoreHooks     int       `json:"more_hooks,omitempty"`
}

// phase is a past, the current or a future state of the lifecycle.
type phase struct {
	State   string    `json:"state"`
	On      string    `json:"on,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Lasted  *seconds  `json:"lasted_seconds,omitempty"`
	Limit   seconds   `json:"limit_seconds,omitzero"`
	Left    *seconds  `json:"left_seconds,omitempty"`
	Pending bool      `json:"pending,omitempty"`
}

// statusOf returns the status of src, as far as it has methods for it.
func statusOf(src fsm.Source) *status {
	if x, ok := src.(interface{ Snapshot() lifecycle.Snapshot }); ok {
		return snapshotStatus(x.Snapshot())
	}
	s := &status{state: src.State(), At: time.Now()}
	if x, ok := src.(interface{ History() []fsm.Step }); ok {
		// Transitions after s.state was read are left out.
		for _, step := range x.History() {
			if step.To <= s.state {
				s.addPhase(step)
			}
		}
		s.endPhases()
	}
	s.State = s.state.String()
	return s
}

func snapshotStatus(snap lifecycle.Snapshot) *status {
	s := &status{state: snap.State, State: snap.State.String(), At: snap.At, details: &details{
		Began: snap.Began, Entered: snap.Entered, Uptime: seconds(snap.At.Sub(snap.Began)),
		Cause: errorText(snap.Cause), MainReturned: snap.MainBack,
		Tracked: snap.Tracked, Requests: snap.Requests,
	}}
	s.Work, s.MoreWork = capped(workOf(snap), snap.GroupCount+snap.TaskCount)
	s.Hooks, s.MoreHooks = cappedHooks(hooksOf(snap), snap.HookCount)
	if snap.State == fsm.Stopped {
		s.Uptime = seconds(snap.Entered.Sub(snap.Began))
	}
	s.History = []phase{{State: fsm.Starting.String(), At: snap.Began}}
	for _, step := range snap.History {
		s.addPhase(step)
	}
	s.endPhases()
	s.limit(snap)
	return s
}

func (s *status) addPhase(step fsm.Step) {
	if len(s.History) == 0 {
		s.History = append(s.History, phase{State: step.From.String()})
	}
	s.History = append(s.History, phase{State: step.To.String(), On: step.On.String(), At: step.At})
}

// endPhases sets how long each state lasted, or has lasted so far.
func (s *status) endPhases() {
	for i := range s.History {
		end, p := s.At, &s.History[i]
		if i+1 < len(s.History) {
			end = s.History[i+1].At
		}
		if !p.At.IsZero() && p.State != fsm.Stopped.String() {
			p.Lasted = known(end.Sub(p.At))
		}
	}
}

// limit sets how long the state may last, and the one that follows.
func (s *status) limit(snap lifecycle.Snapshot) {
	if snap.Deadline.IsZero() {
		return
	}
	left := max(0, snap.Deadline.Sub(snap.At))
	// Budget is measured, so it is a little more than what was configured.
	s.Limit, s.Left, s.StoppedWithin = seconds(snap.Budget.Round(10*time.Millisecond)), known(left), known(snap.Left)
	last := &s.History[len(s.History)-1]
	last.Limit, last.Left = s.Limit, s.Left
	if next := snap.Left - left; snap.State == fsm.Draining && next > 0 {
		s.History = append(s.History, phase{State: fsm.Hooks.String(), Limit: seconds(next.Round(10 * time.Millisecond)), Pending: true})
	}
}
