// Package timeline draws what package model predicts for one stop of a service:
// when the context is cancelled, what is waited for, what is cut, what Run
// returns, and which line to change.
//
//	flags ─▶ Parse ─▶ model.Scenario ─▶ New ─▶ Text, SVG
//
// All instants come from the model's trace, and all durations from the scenario;
// nothing here knows what a timeout does. Advice is put to the model too: it is
// what the model predicts once the advice is taken.
//
// Instants are printed as offsets from the stop. What comes before it is drawn
// in a narrow part of its own, because how long a service has run makes no
// difference.
package timeline
