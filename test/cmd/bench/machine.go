package main

import (
	"bytes"
	"debug/buildinfo"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine says where and with what it was measured.
func (s settings) machine() string {
	return fmt.Sprintf("%s, %d cores of %s, Linux %s, %s, Sluice %s (%s); medians of %d rounds",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), processor(), kernel(),
		s.fluentBit(), s.version, compiler(s.plugin), s.rounds)
}

// processor is the model's name, as proc(5) has it on most machines.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func kernel() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "?"
	}
	return unix.ByteSliceToString(name.Release[:])
}

// fluentBit is the first line of its version, and a warning where that is due.
func (s settings) fluentBit() string {
	text, err := exec.Command(s.program, "--version").Output()
	if err != nil {
		return err.Error()
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if unoptimised(s.program) {
		return string(line) + " (built WITHOUT OPTIMISATION: what it costs by itself is too much)"
	}
	return string(line)
}

// unoptimised is whether a C program says that it was compiled without -O: GCC notes its options beside
// each source. A build of Fluent Bit is like that unless FLB_RELEASE is on.
func unoptimised(program string) bool {
	file, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer file.Close()
	notes, err := file.DWARF()
	if err != nil {
		return false // stripped
	}
	for r := notes.Reader(); ; r.SkipChildren() {
		unit, err := r.Next()
		if err != nil || unit == nil {
			return false
		}
		name, _ := unit.Val(dwarf.AttrName).(string)
		options, _ := unit.Val(dwarf.AttrProducer).(string)
		if strings.HasSuffix(name, "/flb_engine.c") && strings.HasPrefix(options, "GNU C") {
			return !strings.Contains(options, " -O")
		}
	}
}

// compiler is the version of Go that has built a plugin.
func compiler(plugin string) string {
	info, err := buildinfo.ReadFile(plugin)
	if err != nil {
		return err.Error()
	}
	return info.GoVersion
}
