package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// TestKeyLayout fixes the key space: what is stored under these keys must be found by every
// later version.
func TestKeyLayout(t *testing.T) {
	var got []string
	show := func(name string, key []byte) { got = append(got, fmt.Sprintf("%s %x", name, key)) }
	show("meta", []byte{tagMeta})
	show("sequence", prefix(tagSequence, 1))
	show("catalog", catalogKey("ab"))
	show("index name", nameKey(tagIndexName, "ab"))
	show("shape", numbered(tagShape, 0x0102, 3))
	show("field", numbered(tagField, 0x0102, 3))
	show("document", document.AppendID(prefix(tagDocument, 0x0102), document.Int(1)))
	show("index", prefix(tagIndex, 7))
	show("build", prefix(tagBuild, 7))
	lo, hi := keyRange(tagDocument, 255)
	show("range", lo)
	show("to", hi)
	for _, c := range []counterID{{1, countDocuments, 0}, {1, countPacked, 0}, {1, countText, 0}, {1, countShape, 2}, {1, countField, 2}, {1, countEntries, 0}, {1, countArrays, 0}} {
		show("counter", c.appendKey(nil))
		if back, ok := parseCounter(c.appendKey(nil)); !ok || back != c {
			t.Errorf("%v reads back as %v", c, back)
		}
	}
	show("metadata", appendMeta(nil, formatVersion, 0, 0))
	const want = `meta 10
sequence 110000000000000001
catalog 126162
index name 136162
shape 14000000000000010200000003
field 15000000000000010200000003
document 20000000000000010220bff000000000000080
index 210000000000000007
build 220000000000000007
range 2000000000000000ff
to 2000000000000001
counter 000000000000000164
counter 000000000000000170
counter 000000000000000174
counter 00000000000000017300000002
counter 00000000000000016600000002
counter 000000000000000165
counter 000000000000000161
metadata 466c757844420d0a0000000100000000000000000000000000000000152d1f73`
	lines := strings.Split(want, "\n")
	for i := range got {
		if i >= len(lines) || got[i] != lines[i] {
			t.Errorf("line %d: %s", i, got[i])
		}
	}
}

func TestCountersThatCannotBe(t *testing.T) {
	for _, key := range []string{"", "12345678", "12345678s", "12345678d\x00", "12345678f\x00\x00\x00\x00\x00"} {
		if c, ok := parseCounter([]byte(key)); ok {
			t.Errorf("%q is read as %v", key, c)
		}
	}
}

func TestLeastUUID(t *testing.T) {
	const zeros, ones = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	for _, test := range []struct{ text, want string }{
		{"", zeros}, {"0", zeros}, {zeros, zeros}, {ones, ones}, {ones + "x", ""}, {"g", ""}, {"~", ""}, {"-", zeros},
		{"a", "a0000000-0000-0000-0000-000000000000"},
		{"9Z", "9a000000-0000-0000-0000-000000000000"}, // Z lies between 9 and a
		{"0g", "10000000-0000-0000-0000-000000000000"},
		{"12345678", "12345678-0000-0000-0000-000000000000"},
		{"12345678.", "12345679-0000-0000-0000-000000000000"},
		{"12345678+", "12345678-0000-0000-0000-000000000000"},
		{"ffffffff.", ""},
		{"00000000-0000-0000-0000-00000000000fz", "00000000-0000-0000-0000-000000000010"},
		{"00000000-0000-0000-0000-00000000000Az", "00000000-0000-0000-0000-00000000000a"},
		{"1234567", "12345670-0000-0000-0000-000000000000"},
		{"123456789", "12345679-0000-0000-0000-000000000000"},
	} {
		id, ok := leastUUID([]byte(test.text))
		got := ""
		if ok {
			v, _ := document.DecodeComponent(document.KindByteID(document.String(zeros)), append([]byte{document.PackedIDFirst}, id[:]...), false)
			got = v.AsString()
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}
