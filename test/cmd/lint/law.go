package main

import (
	"fmt"
	"strings"
)

// The import law is the block of DESIGN.md between ```imports and ```, so the drawing and the law cannot differ.
// Each room stands on the left of one line:
//
//	output/s3           → creds, internal/contain
//	creds/{ec2,process} → creds, imds
//	conf, spool         → none
//
// It may import the rooms on the right, which have later lines: arrows point down. Only C has no line of its own.
// The other arrow names what rooms must not link, directly or through others. A path includes all paths below it:
//
//	output/s3 ↛ github.com/aws/aws-sdk-go-v2/service/{sso,ssooidc}
const (
	lawFile  = "DESIGN.md"
	lawBegin = "```imports"
	lawEnd   = "```"
	allows   = "→"
	forbids  = "↛"
	nothing  = "none"
	cgo      = "C"
)

// law is what the drawing says.
type law struct {
	allowed   []rule
	forbidden []rule
}

// rule is one line of the drawing.
type rule struct {
	line    int // in DESIGN.md
	text    string
	rooms   []string
	targets []string
}

func (r rule) String() string { return fmt.Sprintf("%s:%d: %s", lawFile, r.line, r.text) }

// parseLaw reads the drawing in the text of DESIGN.md.
func parseLaw(design string) (law, error) {
	var l law
	inside, number := false, 0
	for line := range strings.Lines(design) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == lawBegin:
			inside = true
		case !inside || line == "":
		case line == lawEnd:
			return l, l.checkOrder()
		default:
			if err := l.add(number, line); err != nil {
				return law{}, err
			}
		}
	}
	return law{}, fmt.Errorf("%s has no import law: write a block between %s and %s", lawFile, lawBegin, lawEnd)
}

func (l *law) add(number int, line string) error {
	r := rule{line: number, text: strings.Join(strings.Fields(line), " ")}
	rules := &l.allowed
	left, right, ok := strings.Cut(r.text, allows)
	if !ok {
		rules = &l.forbidden
		left, right, ok = strings.Cut(r.text, forbids)
	}
	if !ok {
		return fmt.Errorf("%v: write an arrow, %s or %s", r, allows, forbids)
	}
	r.rooms = expand(left)
	if strings.TrimSpace(right) != nothing {
		r.targets = expand(right)
	}
	*rules = append(*rules, r)
	return nil
}

// expand returns the names in a list such as "conf, creds/{ec2,sts}".
func expand(list string) (names []string) {
	for item := range strings.SplitSeq(list, ", ") {
		item = strings.TrimSpace(item)
		before, rest, _ := strings.Cut(item, "{")
		group, after, ok := strings.Cut(rest, "}")
		if !ok {
			names = append(names, item)
			continue
		}
		for name := range strings.SplitSeq(group, ",") {
			names = append(names, before+name+after)
		}
	}
	return names
}

// checkOrder returns an error unless each room has one line and each arrow points to a later one.
func (l *law) checkOrder() error {
	lines := map[string]int{}
	for i := len(l.allowed) - 1; i >= 0; i-- {
		r := l.allowed[i]
		for _, target := range r.targets {
			if lines[target] == 0 && target != cgo {
				return fmt.Errorf("%v: arrows point down, but %s has no line below this one", r, target)
			}
		}
		for _, name := range r.rooms {
			if lines[name] != 0 {
				return fmt.Errorf("%v: %s has another line, %d", r, name, lines[name])
			}
			lines[name] = r.line
		}
	}
	return nil
}
