package results

import "io"

// oneRun walks over a content that is one run, a JSON object for each request.
// The first is read before the run is handed out, as its instant is the origin
// of the others.
type oneRun struct {
	w     *walker
	ahead bool // a record has been read and not handed out
}

func newOneRun(content *Content) oneRun {
	w := newWalker(content)
	w.request = 0
	return oneRun{w: w}
}

// begin reads the first record, and reports whether there is one.
func (o *oneRun) begin(read func() error) (bool, error) {
	err := o.advance(read)
	o.ahead = err == nil
	if err == io.EOF {
		err = nil
	}
	return o.ahead, err
}

// next reads a record, unless one is ahead, and converts it. Behind the last
// one it calls last and returns io.EOF.
func (o *oneRun) next(read, convert func() error, last func()) error {
	if !o.ahead {
		if err := o.advance(read); err != nil {
			if err == io.EOF {
				last()
			}
			return err
		}
	}
	o.ahead = false
	err := o.w.fail(convert())
	o.w.request++
	return err
}

func (o *oneRun) advance(read func() error) error {
	if o.w.kind() == 0 {
		if err := o.w.end(); err != nil {
			return o.w.fail(err)
		}
		return io.EOF
	}
	return o.w.fail(read())
}
