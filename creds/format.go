package creds

import (
	"fmt"
	"io"
)

// What follows prints providers without what they hold: package fmt calls no
// method of a value in an unexported field, so Credentials in there would be
// printed field by field.

// Format writes what the chain is, for every verb.
func (c *Chain) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "chain of %d sources of credentials", len(c.providers))
}

// Format writes what the cache is, for every verb.
func (c *Cache) Format(f fmt.State, _ rune) { io.WriteString(f, "cache of credentials") }

// Format writes nothing of the address and the token, for every verb.
func (c Container) Format(f fmt.State, _ rune) { io.WriteString(f, "container credentials") }

// Format writes the program without its arguments, for every verb.
func (p Process) Format(f fmt.State, _ rune) { io.WriteString(f, processName(p.Command)) }
