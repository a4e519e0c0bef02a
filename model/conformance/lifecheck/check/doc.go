// Package check asks the contract of a whole process, in any language, from
// outside. Package main beside it is its command.
//
// It starts the service several times. Each life has the same steps: start,
// become ready, load, stop, observe. What is observed is a record of facts with
// times (Life), and [Judge] is a function of those alone. What is reported rests
// on the order of events where that is possible; where it rests on how long
// something took, it allows for how late this machine was for its own timers, and
// has to be seen twice.
package check
