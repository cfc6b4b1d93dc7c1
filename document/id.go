package document

import "github.com/google/uuid"

// NewID returns a new _id: a UUID of version 7 (RFC 9562) in its canonical
// lower-case form, a string. Those made by one process ascend.
func NewID() Value {
	id, err := uuid.NewV7()
	if err != nil {
		// The operating system's source of randomness failed, which
		// crypto/rand turns into the end of the process before it gets here.
		panic(err)
	}
	return String(id.String())
}

// parseUUID returns the 16 bytes of a canonical lower-case UUID.
func parseUUID(s string) (id [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	at := 0
	for i := 0; i < 36; i += 2 {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			i++
		}
		hi, lo := unhex[s[i]], unhex[s[i+1]]
		if hi|lo == 0xFF {
			return id, false
		}
		id[at] = hi<<4 | lo
		at++
	}
	return id, true
}

// unhex is the value of a lower-case hex digit; 0xFF, all bits, for other bytes.
var unhex = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i, c := range "0123456789abcdef" {
		t[c] = byte(i)
	}
	return t
}()

// appendUUID appends the canonical text of id.
func appendUUID(dst []byte, id []byte) []byte {
	var text [36]byte
	putUUID(&text, id)
	return append(dst, text[:]...)
}

// putUUID writes the canonical text of id.
func putUUID(text *[36]byte, id []byte) {
	id = id[:16]
	for i, at := range [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		*(*[2]byte)(text[at:]) = hexDigits[id[i]]
	}
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
}

// hexDigits are the two digits of each byte.
var hexDigits = func() (t [256][2]byte) {
	const digits = "0123456789abcdef"
	for i := range t {
		t[i] = [2]byte{digits[i>>4], digits[i&15]}
	}
	return t
}()
