// Analyzers is the tool of "go vet -vettool" with the checks that vet and staticcheck lack: errorlint finds errors that
// are compared or wrapped so that errors.Is and errors.As miss them, bodyclose HTTP responses that are not closed.
//
//	go build -o build/analyzers sluice/test/cmd/analyzers
//	go vet -vettool=build/analyzers -errorlint.errorf ./...
//
// As a vet tool, and not a command of its own, it does only what go's build cache has no result for.
package main

import (
	"github.com/polyfloyd/go-errorlint/errorlint"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	// io.EOF is compared with ==. A reader returns it as it is at its end, while an error that wraps it is a failure: a
	// connection that was lost. To take one for the other loses data.
	endOfInput := errorlint.WithAllowedWildcard([]errorlint.AllowPair{{Err: "io.EOF"}})
	unitchecker.Main(errorlint.NewAnalyzer(endOfInput), bodyclose.Analyzer)
}
