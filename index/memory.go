package index

// Memory is what a Sorter draws from. Others may draw from it too, so that there is less when they do. It is used by the
// goroutine of the sorter. Sizes are in bytes.
type Memory interface {
	// Take asks for n more; false when they are not to be had, and the sorter goes on with what it has.
	Take(n int64) bool
	// Must takes n more, whatever the limit is: one entry, or the buffers of the temporary file.
	Must(n int64)
	// Give returns n.
	Give(n int64)
	// Greedy reports whether more is held than others leave to it.
	Greedy() bool
	// Buffer returns the size of each of count buffers that are needed at a time.
	Buffer(count int) int
	// Spilled tells of temporary files made, and of bytes written to them; of those removed the numbers are negative.
	Spilled(files int, size int64)
}

// limited is memory of a sorter's own.
type limited struct{ limit, held int64 }

// Limited returns a Memory of one sorter alone, of limit bytes.
func Limited(limit int64) Memory { return &limited{limit: limit} }

func (l *limited) Take(n int64) bool {
	if l.held+n > l.limit {
		return false
	}
	l.held += n
	return true
}

func (l *limited) Must(n int64)       { l.held += n }
func (l *limited) Give(n int64)       { l.held -= n }
func (l *limited) Greedy() bool       { return l.held > l.limit }
func (l *limited) Spilled(int, int64) {}

func (l *limited) Buffer(count int) int {
	return int(min(max(l.limit/int64(4*count), leastBuffer), mostBuffer))
}
