package sse

import (
	"bytes"
	"io"
)

// DefaultMaxEvent is the default of [Classifier.MaxEvent]: 1 MiB.
const DefaultMaxEvent = 1 << 20

// maxName is longer than the name of every event that is known.
const maxName = 64

// Classifier finds the events in a stream and classifies them. Write takes
// the stream in pieces of any size: the events are the same whichever way it
// is cut. The zero Classifier is ready, but tells nobody what it finds.
//
// It allocates only while its buffer grows to the size of the longest event,
// and for hostile JSON. It never holds more than four times MaxEvent: an event,
// and what the JSON decoder keeps of names and of nesting, which it refuses
// beyond 10,000 levels.
//
// A Classifier must not be copied after the first Write, and is for one
// goroutine at a time.
type Classifier struct {
	// Handle is called for each event within the Write that completes it.
	// Nil means that events are dropped.
	Handle func(Event)

	// MaxEvent is the largest number of bytes of data in an event that is
	// read. Longer events are Unreadable. 0 means DefaultMaxEvent.
	MaxEvent int

	message message

	// The stream.
	read  int64 // bytes so far
	begun bool  // the first line is over
	cr    bool  // the last byte was CR: a LF now belongs to it

	// The line that is being read.
	field   field
	name    [8]byte // its first bytes, while field is naming
	nameLen int
	first   bool // the next byte is the first of the value

	// The event that is being read.
	data    []byte
	hasData bool // there was a data field, perhaps an empty one
	tooLong bool
	event   [maxName]byte // the last event field, cut off
	eventN  int
}

// field says to which field of an event a line belongs.
type field uint8

const (
	naming  field = iota // not known yet
	ignored              // a comment, an unknown field
	data
	event
)

var _ io.WriteCloser = (*Classifier)(nil)

// Write takes the next piece of the stream. It returns len(p) and nil.
func (c *Classifier) Write(p []byte) (int, error) {
	n := len(p)
	lf := -1 // where the next LF of p is, len(p) if there is none, -1 if not known
	base := c.read
	for i := 0; i < n; {
		if c.cr {
			c.cr = false
			if p[i] == '\n' {
				i++
				continue
			}
		}
		if lf < i { // looked for once a LF, not once a line: a line may end with CR
			lf = n
			if j := bytes.IndexByte(p[i:], '\n'); j >= 0 {
				lf = i + j
			}
		}
		end := lf
		if j := bytes.IndexByte(p[i:lf], '\r'); j >= 0 {
			end = i + j
		}
		c.text(p[i:end])
		if end == n {
			break
		}
		c.cr = p[end] == '\r'
		c.read = base + int64(end) + 1
		c.endLine()
		i = end + 1
	}
	c.read = base + int64(n)
	return n, nil
}

// Close ends the stream. An event that lacks its blank line is classified,
// because clients that read line by line see it; if it is cut off it is
// Unreadable with [ErrTruncated]. Then the Classifier is ready for another
// stream. Close returns nil.
func (c *Classifier) Close() error {
	if c.nameLen > 0 || c.field != naming {
		c.endLine()
	}
	if c.hasData {
		e := c.classify()
		if e.Err == ErrSyntax {
			e.Err = ErrTruncated
		}
		c.emit(e)
	}
	c.endEvent()
	c.read, c.begun, c.cr = 0, false, false
	return nil
}

// text takes a part of a line, without its end.
func (c *Classifier) text(p []byte) {
	if c.field == naming {
		p = c.readName(p)
	}
	if len(p) == 0 || c.field == ignored {
		return
	}
	if c.first {
		c.first = false
		if p[0] == ' ' {
			p = p[1:]
		}
	}
	switch c.field {
	case data:
		c.appendData(p)
	case event:
		c.eventN += copy(c.event[c.eventN:], p)
	}
}

// readName takes the name of the field from the front of p, up to the colon,
// and returns what is behind that.
func (c *Classifier) readName(p []byte) []byte {
	for i, b := range p {
		if b == ':' {
			c.named()
			return p[i+1:]
		}
		if c.nameLen == len(c.name) {
			c.field = ignored
			return nil
		}
		c.name[c.nameLen] = b
		c.nameLen++
	}
	return nil
}

// fieldName returns the line's beginning without a byte order mark.
func (c *Classifier) fieldName() []byte {
	name := c.name[:c.nameLen]
	if !c.begun {
		name = bytes.TrimPrefix(name, []byte("\xef\xbb\xbf"))
	}
	return name
}

// named begins the value of the field whose name has been read.
func (c *Classifier) named() {
	c.first = true
	switch string(c.fieldName()) {
	case "data":
		c.field = data
		if c.hasData {
			c.appendData([]byte{'\n'})
		}
		c.hasData = true
	case "event":
		c.field = event
		c.eventN = 0
	default:
		c.field = ignored
	}
}

func (c *Classifier) appendData(p []byte) {
	limit := c.MaxEvent
	if limit <= 0 {
		limit = DefaultMaxEvent
	}
	if c.tooLong || len(p) > limit-len(c.data) {
		c.tooLong = true
		return
	}
	c.data = append(c.data, p...)
}

func (c *Classifier) endLine() {
	blank := false
	if c.field == naming {
		if blank = len(c.fieldName()) == 0; !blank {
			c.named() // a line without a colon is a name with an empty value
		}
	}
	c.begun, c.field, c.nameLen = true, naming, 0
	if !blank {
		return
	}
	if c.hasData {
		c.emit(c.classify())
	}
	c.endEvent()
}

func (c *Classifier) endEvent() {
	c.data, c.hasData, c.tooLong, c.eventN = c.data[:0], false, false, 0
}

func (c *Classifier) classify() Event {
	name := c.event[:c.eventN]
	if c.tooLong {
		return Event{Kind: Unreadable | ruleOf(name).always, Err: ErrTooLong}
	}
	return c.message.classify(name, c.data)
}

func (c *Classifier) emit(e Event) {
	e.End = c.read
	if c.Handle != nil {
		c.Handle(e)
	}
}

// Classify returns what one event is, for a caller who has read its event
// field, which may be empty, and its data himself: from another framing, or an
// answer that was not streamed. Event.End is the length of the data. The limit
// MaxEvent does not apply, and the stream that is being written is not
// touched.
func (c *Classifier) Classify(event string, data []byte) Event {
	var name [maxName]byte
	e := c.message.classify(name[:copy(name[:], event)], data)
	e.End = int64(len(data))
	return e
}
