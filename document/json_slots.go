package document

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// piece is what stands in JSON before a leaf. Nearly all are short: they are copied as a whole array, which takes two
// moves and no call.
type piece struct {
	text  string
	short [shortPiece]byte
}

const (
	shortPiece = 32
	// slotSlack is the room that a slot needs beside its piece and its content: the text of a number or an id, quotes, and what is
	// written too far, a short piece or the rest of a word.
	slotSlack = shortPiece + 64
)

func newPiece(text string) piece {
	p := piece{text: strings.Clone(text)}
	copy(p.short[:], text)
	return p
}

// appendSlots appends a document that has all leaves of its shape: between their values stands what always
// stands there. There is one look for room a slot; what is written behind the end of a text, up to that room, is overwritten by what follows.
func (r *Record) appendSlots(dst []byte, form Form) []byte {
	s, body, tags := r.shape, r.body, r.tags
	at := len(dst)
	buf := slices.Grow(dst, s.fixed+len(body)+8*len(tags)+slotSlack)
	buf = buf[:cap(buf)]
	begin := 0
	for slot, tag := range tags {
		end := min(readWidth(r.ends, slot, r.width), len(body))
		begin = min(begin, end)
		from, n := body[begin:], end-begin
		begin = end
		p := &s.pieces[slot]
		if len(buf)-at < len(p.text)+n+slotSlack {
			buf = slices.Grow(buf[:at], len(p.text)+n+slotSlack)
			buf = buf[:cap(buf)]
		}
		if *(*[shortPiece]byte)(buf[at:]) = p.short; len(p.text) > shortPiece {
			copy(buf[at:], p.text)
		}
		at += len(p.text)
		if size := putContent(buf[at:], tag, from, n); size > 0 {
			at += size
			continue
		}
		buf = appendContentJSON(buf[:at], tag, from[:n:n], form, 0)
		at = len(buf)
		buf = buf[:cap(buf)]
	}
	return append(buf[:at], s.tail...)
}

// putContent writes the JSON of a value whose content is the first n bytes of from to dst, where there is room for n bytes and
// most of slotSlack, and returns its size; 0, whatever it wrote, when that is left to appendContentJSON.
func putContent(dst []byte, tag byte, from []byte, n int) int {
	switch tag {
	case tagString:
		return putString(dst, from, n)
	case tagInt8, tagInt16, tagInt32, tagInt64:
		if n == int(fixedSize[tag]) {
			return putInt(dst, readInt(tag, from[:n]))
		}
	case tagFloat64:
		if n == 8 {
			return putShortFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(from)))
		}
	case tagFalse:
		binary.LittleEndian.PutUint64(dst, 'f'|'a'<<8|'l'<<16|'s'<<24|'e'<<32)
		return 5
	case tagTrue:
		binary.LittleEndian.PutUint32(dst, 't'|'r'<<8|'u'<<16|'e'<<24)
		return 4
	case tagPackedID:
		if n == 16 {
			dst[0], dst[37] = '"', '"'
			putUUID((*[36]byte)(dst[1:]), from)
			return 38
		}
	case tagArray:
		return putStrings(dst, from, n)
	}
	return 0
}

// putStrings writes an array of strings. Each takes two bytes and a place in the table beside its own, as many as quotes and a comma.
func putStrings(dst, from []byte, n int) int {
	c, ok := openCompound(from[:n:n])
	if !ok {
		return 0
	}
	dst[0] = '['
	at, left, body := 1, len(c.body), from[n-len(c.body):] // body goes on behind the array
	for i := range c.count {
		if i > 0 {
			dst[at] = ','
			at++
		}
		// A length of one byte, as most have.
		if left < 2 || body[0] != tagString || body[1] >= 0x80 || left-2 < int(body[1]) || len(dst)-at < int(body[1])+16 {
			return 0
		}
		n := int(body[1])
		size := putString(dst[at:], body[2:], n)
		if size == 0 {
			return 0
		}
		at += size
		left, body = left-2-n, body[2+n:]
	}
	dst[at] = ']'
	return at + 1
}

// putString writes the first n bytes of from as a JSON string, 0 where one of them needs an escape. It looks at words that
// overlap, by classes of length: how long a string is differs from document to document, its class seldom does, and so the
// processor foresees the branches.
func putString(dst, from []byte, n int) int {
	out := dst[1 : n+9]
	var marks uint64
	switch {
	case n > 32:
		for i := 0; i+16 < n; i += 16 {
			marks |= copyWord(out, from, i) | copyWord(out, from, i+8)
		}
		marks |= copyWord(out, from, n-16) | copyWord(out, from, n-8)
	case n > 16:
		marks = copyWord(out, from, 0) | copyWord(out, from, 8) | copyWord(out, from, n-16) | copyWord(out, from, n-8)
	case n >= 8:
		marks = copyWord(out, from, 0) | copyWord(out, from, n-8)
	case len(from) >= 8:
		x := binary.LittleEndian.Uint64(from)
		binary.LittleEndian.PutUint64(out, x)
		marks = special(x | ^uint64(0)<<(8*n)) // what lies behind the string is of no concern
	default:
		if copy(out, from[:n]); plainRun(borrow(from[:n]), 0) < n {
			marks = 1
		}
	}
	if dst[0], dst[n+1] = '"', '"'; marks != 0 {
		return 0
	}
	return n + 2
}

// copyWord copies the eight bytes at i and marks those that need an escape.
func copyWord(dst, src []byte, i int) uint64 {
	x := binary.LittleEndian.Uint64(src[i:])
	binary.LittleEndian.PutUint64(dst[i:], x)
	return special(x)
}

// putInt writes an integer, of up to 20 bytes.
func putInt(dst []byte, i int64) int {
	if i >= 0 {
		return putUint(dst, uint64(i))
	}
	dst[0] = '-'
	return 1 + putUint(dst[1:], -uint64(i))
}

func putUint(dst []byte, n uint64) int {
	if n < 10 {
		dst[0] = '0' + byte(n)
		return 1
	}
	size := bits.Len64(n) * 1233 >> 12 // digits, or one less
	if n >= powers[size] {
		size++
	}
	i := size
	for ; n >= 100; n /= 100 {
		i -= 2
		putPair(dst[i:], n%100)
	}
	if n >= 10 {
		putPair(dst[i-2:], n)
	} else {
		dst[i-1] = '0' + byte(n)
	}
	return size
}

// powers are those of ten.
var powers = func() (p [20]uint64) {
	for i, n := 0, uint64(1); i < len(p); i, n = i+1, n*10 {
		p[i] = n
	}
	return p
}()

// putPair writes a number below 100 as two digits.
func putPair(dst []byte, n uint64) {
	binary.LittleEndian.PutUint16(dst, uint16('0'+n/10)|uint16('0'+n%10)<<8)
}

// putShortFloat writes f if it is a decimal of few digits, as prices and coordinates are: much faster than
// finding the shortest text of any number. It returns 0 for others. f in millionths is then a whole number n but for rounding, and n
// millionths are f again, rounded as reading the text would. Below 1e15 no other text of as few digits reads as f, and
// without zeros at the end there are the fewest.
func putShortFloat(dst []byte, f float64) int {
	abs := math.Abs(f)
	if !(abs >= 1e-3 && abs < 1e9) {
		return 0
	}
	n := uint64(abs*1e6 + 0.5)
	if float64(n)/1e6 != abs {
		return 0
	}
	at := 0
	if f < 0 {
		dst[0] = '-'
		at = 1
	}
	whole := n / 1e6
	at += putUint(dst[at:], whole)
	part := n - whole*1e6
	out := dst[at : at+7]
	out[0] = '.'
	putPair(out[1:], part/10_000)
	putPair(out[3:], part/100%100)
	putPair(out[5:], part%100)
	size := 7
	for size > 2 && out[size-1] == '0' {
		size--
	}
	return at + size
}
