package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A small house: main uses store and sign, and store must not link the package aws/sso.
const drawing = "Text.\n```imports\n" +
	"main            → C, store, sign\n" +
	"store           → key\n" +
	"sign            → sign/{v4,v4a}\n" +
	"sign/{v4,v4a}   → key\n" +
	"key             → none\n" +
	"\n" +
	"store ↛ aws/sso\n" +
	"```\n"

// house returns rooms that keep to the drawing.
func house() []room {
	return []room{
		newRoom("main", "C", "store", "sign"),
		newRoom("store", "key", "aws/s3"),
		newRoom("sign", "sign/v4", "sign/v4a", "fmt"),
		newRoom("sign/v4", "key"),
		newRoom("sign/v4a", "key"),
		newRoom("key"),
	}
}

func newRoom(name string, imports ...string) room {
	r := room{name: name, links: slices.Clone(imports)}
	for i, path := range imports {
		r.imports = append(r.imports, importSpec{path: path, file: name + "/a.go", line: i + 1})
	}
	return r
}

func TestCheck(t *testing.T) {
	l, err := parseLaw(drawing)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(rooms []room) []room
		want   []string
	}{
		{"the house", func(rooms []room) []room { return rooms }, nil},
		{"an import that is not allowed", func(rooms []room) []room {
			rooms[1] = newRoom("store", "key", "sign")
			return rooms
		}, []string{"store/a.go:2: store must not import sign (DESIGN.md:4: store → key)"}},
		{"C", func(rooms []room) []room {
			rooms[5] = newRoom("key", "C")
			return rooms
		}, []string{"key/a.go:1: key must not import C (DESIGN.md:7: key → none)"}},
		{"a room that has no line", func(rooms []room) []room {
			return append(rooms, newRoom("cellar"))
		}, []string{"DESIGN.md: add a line for cellar to the import law"}},
		{"a room that is gone", func(rooms []room) []room {
			return slices.Delete(rooms, 3, 4)
		}, []string{"DESIGN.md:6: sign/{v4,v4a} → key: there is no package sign/v4"}},
		{"an arrow that no import follows", func(rooms []room) []room {
			rooms[2] = newRoom("sign", "sign/v4")
			return rooms
		}, []string{"DESIGN.md:5: sign → sign/{v4,v4a}: nothing here imports sign/v4a, remove it"}},
		{"an arrow that one of two rooms follows", func(rooms []room) []room {
			rooms[3] = newRoom("sign/v4")
			return rooms
		}, nil},
		{"a forbidden import", func(rooms []room) []room {
			rooms[1] = newRoom("store", "key", "aws/sso/types")
			return rooms
		}, []string{"store/a.go:2: store must not link aws/sso/types (DESIGN.md:9: store ↛ aws/sso)"}},
		{"a forbidden package through another room", func(rooms []room) []room {
			rooms[1].links = append(rooms[1].links, "aws/sso")
			rooms[5].links = []string{"aws/sso"}
			return rooms
		}, []string{"store/a.go:1: store must not link aws/sso (DESIGN.md:9: store ↛ aws/sso)"}},
		{"a forbidden package through another module", func(rooms []room) []room {
			rooms[1].links = append(rooms[1].links, "aws/sso")
			return rooms
		}, []string{"store must not link aws/sso (DESIGN.md:9: store ↛ aws/sso)"}},
	} {
		if got := l.check(c.change(house())); !slices.Equal(got, c.want) {
			t.Errorf("%s: check returned %q, want %q", c.name, got, c.want)
		}
	}
}

func TestParseLaw(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no block", "Text.\n", "DESIGN.md has no import law"},
		{"a block without an end", "```imports\nkey → none\n", "DESIGN.md has no import law"},
		{"no arrow", "```imports\nkey -> none\n```\n", "DESIGN.md:2: key -> none: write an arrow"},
		{"an arrow that points up", "```imports\nkey → none\nsign → key\n```\n",
			"DESIGN.md:3: sign → key: arrows point down, but key has no line below this one"},
		{"an arrow to the same line", "```imports\nkey, sign → key\n```\n",
			"DESIGN.md:2: key, sign → key: arrows point down"},
		{"two lines", "```imports\nkey → none\nkey → none\n```\n", "DESIGN.md:2: key → none: key has another line, 3"},
	} {
		if _, err := parseLaw(c.text); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: parseLaw returned %v, want %s…", c.name, err, c.want)
		}
	}
}

func TestWideLines(t *testing.T) {
	fits := "\t" + strings.Repeat("é", maxColumns-tabWidth)
	text := fits + "\n" + fits + "x\r\n" + fits + "\r\n\t" + fits
	want := []string{
		fmt.Sprintf("a.go:2: the line has %d columns, at most 120 fit", maxColumns+1),
		fmt.Sprintf("a.go:4: the line has %d columns, at most 120 fit", maxColumns+tabWidth),
	}
	if got := wideLines("a.go", text); !slices.Equal(got, want) {
		t.Errorf("wideLines returned %q, want %q", got, want)
	}
}
