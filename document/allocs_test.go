//go:build !race

// Under the race detector pools drop what is put into them at random.

package document

import (
	"strings"
	"testing"
)

// TestAllocationsOfDocumentsInAndOut fixes what one document of a bulk insert or a cursor allocates.
func TestAllocationsOfDocumentsInAndOut(t *testing.T) {
	r := sampleRecord(t)
	d := NewDictionary("")
	var e Encoder
	learn(t, &e, d, sampleJSON)
	text := []byte(sampleJSON)
	escaped := []byte(strings.Replace(sampleJSON, "nectar", `nec\ntar`, 1))
	var buf []byte
	var p profile
	var m map[string]any
	for name, test := range map[string]struct {
		most float64
		run  func()
	}{
		"record of a text": {0, func() {
			var ok bool
			if buf, _, _, ok = e.EncodeJSON(buf[:0], text, d); !ok {
				t.Fatal("does not fit")
			}
		}},
		"record of a text with an escape": {1, func() {
			var ok bool
			if buf, _, _, ok = e.EncodeJSON(buf[:0], escaped, d); !ok {
				t.Fatal("does not fit")
			}
		}},
		// The strings, and the slice of tags.
		"struct of a record": {2, func() {
			if err := r.DecodeInto(&p); err != nil {
				t.Fatal(err)
			}
		}},
		"map of a record": {26, func() {
			if err := r.DecodeInto(&m); err != nil {
				t.Fatal(err)
			}
		}},
		"value of a struct": {9, func() {
			if _, err := FromGo(&p); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		test.run() // grows what is kept
		if n := testing.AllocsPerRun(100, test.run); n > test.most {
			t.Errorf("%s allocates %v times, at most %v are expected", name, n, test.most)
		}
	}
}
