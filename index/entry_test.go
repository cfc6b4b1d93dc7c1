package index

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

func index(t testing.TB, keys string, d def.Index) *Index {
	t.Helper()
	for part := range strings.SplitSeq(keys, ",") {
		name, desc := strings.CutSuffix(strings.TrimSpace(part), " desc")
		p, err := document.ParsePath(name)
		if err != nil {
			t.Fatal(err)
		}
		d.Keys = append(d.Keys, def.Key{Path: p, Desc: desc})
	}
	return New(&d, []byte{0x21, 0, 0, 0, 0, 0, 0, 0, 7})
}

func record(t testing.TB, text string) *document.Record {
	t.Helper()
	v, err := document.ParseJSONString(text)
	if err != nil {
		t.Fatal(err)
	}
	var enc document.Encoder
	data, _, err := enc.Encode(nil, v, document.NewDictionary(""))
	if err != nil {
		t.Fatal(err)
	}
	var rec document.Record
	if err := rec.Reset(data, document.NewDictionary("")); err != nil {
		t.Fatal(err)
	}
	return &rec
}

func entryOf(x *Index, rec *document.Record) (e Entry) {
	id := rec.ID()
	x.Entry(&e, rec, document.AppendID(nil, id), document.KindByteID(id))
	return e
}

// TestEntryLayout fixes the bytes of entries: those on disk must be found by every later version.
func TestEntryLayout(t *testing.T) {
	long := `"` + strings.Repeat("x", 1100) + `"`
	for _, test := range []struct {
		keys string
		d    def.Index
		doc  string
		want string
	}{
		{"a", def.Index{}, `{"_id":1,"a":2}`, "20c00000000000000080 20bff000000000000080 = 02 02"},
		{"a", def.Index{}, `{"_id":"x","a":2.0}`, "20c00000000000000080 30780001 = 03 05"},
		{"a desc", def.Index{}, `{"_id":true,"a":"b"}`, "cf9dfffe 71 = 05 07"},
		{"a, b", def.Index{}, `{"_id":1,"a":null}`, "10 10 20bff000000000000080 = 01 00 02"},
		{"a", def.Index{Unique: true}, `{"_id":1,"a":-0.0}`, "20800000000000000080 = 04 02 20bff000000000000080"},
		{"a", def.Index{Unique: true}, `{"_id":1}`, "10 20bff000000000000080 = 00 02"},
		{"a", def.Index{Unique: true, NullsNotDistinct: true}, `{"_id":1}`, "10 = 00 02 20bff000000000000080"},
		{"a", def.Index{}, `{"_id":"00000000-0000-0000-0000-0000000000ff","a":[1]}`, "5020bff00000000000008001 31000000000000000000000000000000ff = ff 09"},
		{"a", def.Index{}, `{"_id":1,"a":` + long + `}`, "30" + strings.Repeat("78", 1023) + "24fb903c3a7d3a1b20ab1e0b5c8b3b23 20bff000000000000080 = fe 02"},
	} {
		x := index(t, test.keys, test.d)
		e := entryOf(x, record(t, test.doc))
		want, cut := strings.ReplaceAll(test.want, " ", ""), strings.Contains(test.want, "24fb90")
		got := fmt.Sprintf("%x=%x", e.Key[9:], e.Value)
		if cut { // the hash is SHA-256's business
			want, got = want[:2048]+want[2080:], got[:2048]+got[2080:]
		}
		if got != want {
			t.Errorf("%s of %.60s:\ngot  %s\nwant %s", test.keys, test.doc, got, want)
		}
		if !bytes.HasPrefix(e.Key, x.Prefix()) {
			t.Errorf("%s: key %x", test.keys, e.Key)
		}
		if e.Unique != (x.OwnerID(e.Value) != nil) {
			t.Errorf("%s of %s: unique %v, owner %x", test.keys, test.doc, e.Unique, x.OwnerID(e.Value))
		}
	}
}

func TestValuesOfAnEntry(t *testing.T) {
	rec := record(t, `{"_id":1,"a":{"b":[1]},"c":2}`)
	show := func(v document.Value) string { return string(document.AppendJSON(nil, v, document.Exact)) }
	got := []string{show(index(t, "c", def.Index{}).Values(rec)), show(index(t, "a.b, c, d", def.Index{}).Values(rec))}
	if d := cmp.Diff([]string{"2", "[[1],2,null]"}, got); d != "" {
		t.Error(d)
	}
	if e := entryOf(index(t, "c, a.b", def.Index{}), rec); !e.Array {
		t.Error("the array is not noticed")
	}
}

func TestTagsCoverTheirKind(t *testing.T) {
	for _, v := range []document.Value{
		document.Null(), document.Missing(), document.Int(1), document.Float(1.5), document.String("x"), document.Object(nil),
		document.Array(nil), document.Bytes(nil), document.Bool(false), document.Bool(true), document.UnixTimestamp(0, 0),
	} {
		lo, hi := Tags(v)
		key, _ := document.AppendKey(nil, v, false)
		if key[0] < lo || key[0] >= hi {
			t.Errorf("%v: key begins with %x, the kind has [%x, %x)", v.Kind(), key[0], lo, hi)
		}
	}
	if lo, hi := Tags(document.Bool(true)); lo != 0x70 || hi != 0x72 {
		t.Errorf("booleans have [%x, %x)", lo, hi)
	}
}

func TestRangesThatCannotBe(t *testing.T) {
	x := index(t, "a, b", def.Index{Name: "ab"})
	one := document.Int(1)
	for _, r := range []Range{
		{Eq: []document.Value{one, one, one}}, {Eq: []document.Value{one, one}, Lower: &Limit{Value: one}},
	} {
		if _, _, err := x.Bounds(&r); err == nil {
			t.Errorf("%+v has bounds", r)
		}
	}
}
