// Package benchmarks measures this library beside its peers and beside the
// least that the same thing can cost. It is a module of its own, so that the
// peers are nobody's dependencies but its own.
//
// The benchmarks are in the tests of this package; what stopping a process
// costs is measured by the command stop; the command report runs both and
// writes the tables of README.md, which says how to read them.
package benchmarks
