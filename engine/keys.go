package engine

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
)

// The key space. Numbers are big-endian; an id is 8 bytes, names and paths run
// to the end of the key.
//
//	10                          metadata: magic, version, feature bits (meta.go)
//	11 id limit(8)              sequence: numbers below limit are taken; id 0 gives out ids  (note)
//	12 name                     catalog: definition of a collection (definition.go)
//	13 name                     catalog: name of the collection that has this index
//	14 id shape(4)              shape of a collection                                        (note)
//	15 id number(4)             leaf path of a collection's field dictionary                 (note)
//	20 id _id                   document: a record
//	21 id components [_id]      index entry (package index)
//	22 id components [_id]      what happened to an index entry during the build of the index (build.go)
//
// The id is that of one generation of a collection or of an index: dropping or clearing
// gives up the id and with it all keys, and none is used twice. Notes are written
// beside transactions and only ever added.
//
// Counters have keys of a space apart, again by generation:
//
//	id 'd'                      documents
//	id 'p', id 't'              documents whose _id is packed; is a string and not packed
//	id 's' shape(4)             documents of a shape
//	id 'f' number(4)            documents with a leaf beyond what their shapes say (may be negative)
//	id 'e', id 'a'              entries of an index; those with an array
const (
	tagMeta      = 0x10
	tagSequence  = 0x11
	tagCatalog   = 0x12
	tagIndexName = 0x13
	tagShape     = 0x14
	tagField     = 0x15
	tagDocument  = 0x20
	tagIndex     = 0x21
	tagBuild     = 0x22
)

const (
	countDocuments = 'd'
	countPacked    = 'p'
	countText      = 't'
	countShape     = 's'
	countField     = 'f'
	countEntries   = 'e'
	countArrays    = 'a'
)

// CachedKeys returns the first bytes of the keys that are read one by one again and again: a store that
// caches values by key does well to do so for these, and for no others.
func CachedKeys() []byte { return []byte{tagDocument} }

// prefixSize is the length of a tag and an id.
const prefixSize = 9

// prefix returns the beginning of all keys of a tag and an id.
func prefix(tag byte, id uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, prefixSize), tag), id)
}

// keyRange returns the range of all keys of a tag and an id.
func keyRange(tag byte, id uint64) (lo, hi []byte) {
	lo = prefix(tag, id)
	return lo, document.KeyLimit(lo)
}

// numbered returns the key of a shape or field.
func numbered(tag byte, id uint64, number uint32) []byte {
	return binary.BigEndian.AppendUint32(prefix(tag, id), number)
}

func nameKey(tag byte, name string) []byte { return append([]byte{tag}, name...) }

func catalogKey(name string) []byte { return nameKey(tagCatalog, name) }

// counterID names one counter.
type counterID struct {
	owner  uint64
	kind   byte
	number uint32 // of countShape and countField
}

func (c counterID) numbered() bool { return c.kind == countShape || c.kind == countField }

func (c counterID) appendKey(dst []byte) []byte {
	dst = append(binary.BigEndian.AppendUint64(dst, c.owner), c.kind)
	if c.numbered() {
		dst = binary.BigEndian.AppendUint32(dst, c.number)
	}
	return dst
}

// parseCounter reads a counter's key.
func parseCounter(key []byte) (c counterID, ok bool) {
	if len(key) < prefixSize {
		return c, false
	}
	c.owner, c.kind = binary.BigEndian.Uint64(key), key[8]
	switch rest := key[prefixSize:]; {
	case len(rest) == 4 && c.numbered():
		c.number = binary.BigEndian.Uint32(rest)
		return c, true
	default:
		return c, len(rest) == 0 && !c.numbered()
	}
}

// counterRange returns the range of all counters of an id.
func counterRange(id uint64) (lo, hi []byte) {
	lo = binary.BigEndian.AppendUint64(nil, id)
	return lo, binary.BigEndian.AppendUint64(nil, id+1)
}
