// Command plugin is a Fluent Bit output plugin named trace that writes down what its host does:
// every call, in order, with its thread, its arguments and the state that the host promised.
//
// The lines go to the file that $TRACE_FILE names, one JSON object each. What the plugin answers
// and where it misbehaves is set by its properties, so that a test can see the host notice:
//
//	answers    what the flushes answer, in turn: "retry,ok"; the last one repeats
//	fail_init  Init fails
//	data       write down the bytes of each chunk
//	meet       each flush waits until so many are inside at once
//	spin       each flush hashes its chunk so many times
//	keep       peek at the previous chunk and tag after their flush has ended
//	deep       use so many bytes of the callback's stack
package main

import "C"

func main() {}
