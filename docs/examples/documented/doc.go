// Package documented holds the mains that the documentation prints, each as a
// program: they have to work as printed. The address is the only thing that
// they take from outside, so that tests can run them side by side.
//
//   - listen has no hook at all: it stops, but late, and says what is missing
//   - lifo has two hooks, of which the one registered last runs first
//   - complete has everything; its hook uses a context that is cancelled by
//     then, which is fine as long as no request is under way
//
// For a service to copy see matchspec, which has no such hole.
package documented
