package expr

import "github.com/fluxdb/fluxdb/document"

// joined is GROUP_CONCAT.
type joined struct {
	separator string
	text      []byte
	any       bool
}

func (j *joined) Add(v document.Value) error {
	if v.IsNull() || v.Kind() == document.KindBytes {
		return nil
	}
	if j.any {
		j.text = append(j.text, j.separator...)
	}
	j.any = true
	j.text = appendText(j.text, v)
	return j.check()
}

func (j *joined) check() error {
	if len(j.text) > maxResult {
		return tooLarge("GROUP_CONCAT")
	}
	return nil
}

func (j *joined) Result() (document.Value, error) {
	if !j.any {
		return document.Null(), nil
	}
	return document.StringBytes(j.text), nil
}

func (j *joined) Size() int { return cap(j.text) }

func (j *joined) Append(dst []byte) []byte {
	if !j.any {
		return dst
	}
	return append(append(dst, 1), j.text...)
}

func (j *joined) Merge(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	if state[0] != 1 {
		return errState
	}
	if j.any {
		j.text = append(j.text, j.separator...)
	}
	j.any = true
	j.text = append(j.text, state[1:]...)
	return j.check()
}

// collected is ARRAY_AGG. The elements are kept in their stored form, which is
// smaller than values and what a spill writes.
type collected struct {
	stored []byte
	n      int
}

func (c *collected) Add(v document.Value) error {
	if v.IsNull() {
		return nil
	}
	c.stored = document.AppendValue(c.stored, v)
	c.n++
	return c.check()
}

func (c *collected) check() error {
	if len(c.stored) > maxResult {
		return tooLarge("ARRAY_AGG")
	}
	return nil
}

func (c *collected) Result() (document.Value, error) {
	if c.n == 0 {
		return document.Null(), nil
	}
	out := make([]document.Value, 0, c.n)
	for rest := c.stored; len(rest) > 0; {
		v, after, err := document.ReadValue(rest)
		if err != nil {
			return document.Missing(), errState
		}
		out, rest = append(out, v), after
	}
	return document.Array(out), nil
}

func (c *collected) Size() int { return cap(c.stored) }

func (c *collected) Append(dst []byte) []byte { return append(dst, c.stored...) }

func (c *collected) Merge(state []byte) error {
	for rest := state; len(rest) > 0; c.n++ {
		_, after, err := document.ReadValue(rest)
		if err != nil {
			return errState
		}
		rest = after
	}
	c.stored = append(c.stored, state...)
	return c.check()
}
