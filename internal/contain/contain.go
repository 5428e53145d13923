// Package contain turns panics into errors. A panic on a goroutine, or in a call
// from C, would end Fluent Bit.
package contain

import (
	"fmt"
	"runtime/debug"
)

// Panic is the error that a contained panic becomes.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

// Error includes the stack: it is what a maintainer needs.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// Do calls f and returns its error, or a *Panic if f panics.
func Do(f func() error) (err error) {
	defer Recover(func(p *Panic) { err = p })
	return f()
}

// Recover, when deferred, passes a panic to report.
func Recover(report func(*Panic)) {
	if v := recover(); v != nil {
		report(&Panic{v, debug.Stack()})
	}
}
