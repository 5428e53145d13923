package main

import (
	"debug/elf"
	"fmt"
	"strconv"
	"strings"
)

// maxGLIBC is the newest version of the C library that the plugin may need. It is that of
// CentOS 7, and older than those of all of Fluent Bit's images: see glibc.h.
const maxGLIBC = "2.17"

// checkGLIBC returns an error if a program needs a C library that its users may not have.
func checkGLIBC(file string) error {
	needed, err := neededGLIBC(file)
	if err == nil && older(maxGLIBC, needed) {
		err = fmt.Errorf("add the symbols that ask for it (objdump -T) to packaging/glibc.h: "+
			"%s needs glibc %s, at most %s is allowed", file, needed, maxGLIBC)
	}
	return err
}

// neededGLIBC returns the newest version of the C library that a program's symbols ask for.
func neededGLIBC(file string) (string, error) {
	program, err := elf.Open(file)
	if err != nil {
		return "", err
	}
	defer program.Close()
	symbols, err := program.ImportedSymbols()
	if err != nil {
		return "", err
	}
	newest := ""
	for _, s := range symbols {
		if version, of := strings.CutPrefix(s.Version, "GLIBC_"); of && (newest == "" || older(newest, version)) {
			newest = version
		}
	}
	if newest == "" {
		return "", fmt.Errorf("%s: no symbol has a version of the C library", file)
	}
	return newest, nil
}

// older reports whether version a is before b; both are numbers with dots between.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}
