package spooltest

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Fate decides what is left of what was not synced.
type Fate struct {
	name string
	all  bool                     // the kernel still has it: only the process is dead
	kept func() bool              // a change of names, or of a file's size
	part func(data []byte) []byte // a write; nil is lost, zeros are a size without content
}

func (f Fate) String() string { return f.name }

// Nothing is left: the disk has what was synced.
func Nothing() Fate {
	return Fate{name: "nothing unsynced is left", kept: func() bool { return false },
		part: func([]byte) []byte { return nil }}
}

// Everything is left, as when only the process was killed.
func Everything() Fate {
	return Fate{name: "everything is left", all: true, kept: func() bool { return true }}
}

// Sizes are left, and names, but no content.
func Sizes() Fate {
	return Fate{name: "sizes are left", kept: func() bool { return true },
		part: func(data []byte) []byte { return make([]byte, len(data)) }}
}

// sector is what a disk writes whole, bytes.
const sector = 512

// Torn leaves each change or not, and of each write some sectors, by chance.
func Torn(seed uint64) Fate {
	random := rand.New(rand.NewPCG(seed, 0))
	coin := func() bool { return random.IntN(2) == 0 }
	return Fate{name: fmt.Sprintf("torn %d", seed), kept: coin, part: func(data []byte) []byte {
		switch random.IntN(4) {
		case 0:
			return nil
		case 1:
			return data
		}
		torn := slices.Clone(data)
		for start := 0; start < len(torn); start += sector {
			if coin() {
				clear(torn[start:min(start+sector, len(torn))])
			}
		}
		return torn[:random.IntN(len(torn)+1)]
	}}
}

// Crash returns the disk that the next process finds. The old one is of no use any more.
func (d *Disk) Crash(fate Fate) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := New()
	for name, file := range d.durable {
		after.names[name] = file
	}
	for _, c := range d.pending {
		if fate.kept() {
			c.apply(after.names)
		}
	}
	copies := map[*inode]*inode{}
	names := make([]string, 0, len(after.names))
	for name := range after.names {
		names = append(names, name)
	}
	slices.Sort(names) // so that a seed means the same each time
	for _, name := range names {
		file := after.names[name]
		if copies[file] == nil {
			copies[file] = file.crash(fate)
		}
		after.names[name], after.durable[name] = copies[file], copies[file]
	}
	return after
}

// crash returns what is left of a file.
func (i *inode) crash(fate Fate) *inode {
	if fate.all {
		return &inode{data: i.data, synced: slices.Clone(i.data)}
	}
	left := slices.Clone(i.synced)
	for _, e := range i.fresh {
		if e.data == nil {
			if fate.kept() {
				left = e.apply(left)
			}
			continue
		}
		if part := fate.part(e.data); part != nil {
			left = edit{e.off, part}.apply(left)
		}
	}
	return &inode{data: slices.Clone(left), synced: left}
}
