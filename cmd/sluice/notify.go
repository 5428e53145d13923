package main

import (
	"log/slog"
	"net"
	"strconv"
	"time"
)

// supervisor tells systemd how the sidecar is, in the protocol of sd_notify(3). Without systemd it tells nobody.
type supervisor struct {
	socket   string        // "" for none
	interval time.Duration // in which it wants to hear that the sidecar is alive; 0 for never
	log      *slog.Logger
}

// newSupervisor finds what systemd has put into the environment of the process pid.
func newSupervisor(getenv func(string) string, pid int, log *slog.Logger) supervisor {
	s := supervisor{socket: getenv("NOTIFY_SOCKET"), log: log}
	if watched := getenv("WATCHDOG_PID"); watched != "" && watched != strconv.Itoa(pid) {
		return s
	}
	if micros, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && s.socket != "" {
		s.interval = time.Duration(micros) * time.Microsecond / 2 // half, as sd_watchdog_enabled(3) recommends
	}
	return s
}

func (s supervisor) ready()    { s.send("READY=1") }
func (s supervisor) alive()    { s.send("WATCHDOG=1") }
func (s supervisor) stopping() { s.send("STOPPING=1") }

// send sends a state. A failure is only logged: systemd decides what follows from silence.
func (s supervisor) send(state string) {
	if s.socket == "" {
		return
	}
	conn, err := net.Dial("unixgram", s.socket) // net knows the names that begin with "@"
	if err == nil {
		defer conn.Close()
		_, err = conn.Write([]byte(state))
	}
	if err != nil {
		s.log.Warn("systemd was not told", "state", state, "error", err)
	}
}
