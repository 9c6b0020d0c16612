package metrics

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// OverflowClass is the class in which an [Aggregate] counts requests whose
// own class has no place, because there are too many or its name is longer
// than [MaxClassName]. Names of classes may come from hostile requests, and
// each costs memory.
const OverflowClass = "(other)"

// MaxClassName is the longest name of a class, in bytes, that an [Aggregate]
// keeps.
const MaxClassName = 128

// classRegister gives each class a place, for good. Places are read without
// a lock: a change replaces the table.
type classRegister struct {
	table atomic.Pointer[classTable]
	mu    sync.Mutex // of who changes it
	most  int        // places, with that of the OverflowClass
}

// classTable does not change once it is made.
type classTable struct {
	places map[string]int
	names  []string // by place; names[0] is OverflowClass
}

func (c *classRegister) init(named []string, others int) {
	t := &classTable{places: map[string]int{OverflowClass: 0}, names: []string{OverflowClass}}
	for _, name := range named {
		if _, ok := t.places[name]; !ok {
			t.places[name] = len(t.names)
			t.names = append(t.names, name)
		}
	}
	c.most = len(t.names) + others
	c.table.Store(t)
}

// place returns the place of the class, or 0, that of the OverflowClass.
func (c *classRegister) place(name string) int {
	t := c.table.Load()
	i, ok := t.places[name]
	if ok || len(t.names) >= c.most || len(name) > MaxClassName {
		return i
	}
	return c.admit(name)
}

func (c *classRegister) admit(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.table.Load()
	i, ok := t.places[name]
	if ok || len(t.names) >= c.most {
		return i
	}
	name = strings.Clone(name) // it may be a piece of something large
	next := &classTable{places: maps.Clone(t.places), names: append(slices.Clip(t.names), name)}
	next.places[name] = len(t.names)
	c.table.Store(next)
	return len(t.names)
}

// Classes returns the classes that have a place, in the order in which they
// got it, and [OverflowClass] first. Some may have no request.
func (a *Aggregate) Classes() []string {
	a.prepare()
	return slices.Clone(a.classes.table.Load().names)
}
