package document

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
)

// Limits of a shape; what goes beyond them is stored self-described.
const (
	maxShapeLeaves = 256
	maxShapeDepth  = 4
)

// ShapeDef is what a shape is made of: the paths of a document's leaves in their order, each as
// the names of the objects around it and its own. The first is always _id.
// Nested objects are taken apart; arrays, empty objects, and objects that nest
// too deep or have too many leaves, are leaves.
type ShapeDef struct {
	Leaves [][]string
}

// AppendBinary appends the stored form:
//
//	count(uvarint), then for each leaf: names(uvarint), then for each: length(uvarint) name
func (s *ShapeDef) AppendBinary(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s.Leaves)))
	for _, leaf := range s.Leaves {
		dst = binary.AppendUvarint(dst, uint64(len(leaf)))
		for _, name := range leaf {
			dst = binary.AppendUvarint(dst, uint64(len(name)))
			dst = append(dst, name...)
		}
	}
	return dst
}

// ParseShapeDef reads what AppendBinary wrote. The error matches ErrCorrupt.
func ParseShapeDef(b []byte) (ShapeDef, error) {
	bad := func() (ShapeDef, error) { return ShapeDef{}, corrupt("shape definition") }
	number := func(most uint64) (uint64, bool) {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > most {
			return 0, false
		}
		b = b[k:]
		return n, true
	}
	count, ok := number(maxShapeLeaves)
	if !ok {
		return bad()
	}
	def := ShapeDef{Leaves: make([][]string, count)}
	for i := range def.Leaves {
		depth, ok := number(maxShapeDepth + 1)
		if !ok || depth == 0 {
			return bad()
		}
		leaf := make([]string, depth)
		for j := range leaf {
			n, ok := number(uint64(len(b)))
			if !ok || n > uint64(len(b)) {
				return bad()
			}
			leaf[j] = string(b[:n])
			b = b[n:]
		}
		def.Leaves[i] = leaf
	}
	if len(b) > 0 || count == 0 || !slices.Equal(def.Leaves[0], []string{IDField}) {
		return bad()
	}
	return def, nil
}

// hash is the structure's hash: the same for two documents whose leaves have the
// same paths in the same order. It is stable within one process.
func (s *ShapeDef) hash() uint64 {
	h := structureHash(0)
	for _, leaf := range s.Leaves {
		for _, name := range leaf[:len(leaf)-1] {
			h.name(name)
			h.inner()
		}
		h.name(leaf[len(leaf)-1])
	}
	return uint64(h)
}

// structureHash sums up the leaves of a document in order.
type structureHash uint64

func (h *structureHash) name(s string)   { h.add(nameHash(s)) }
func (h *structureHash) add(name uint64) { *h = structureHash(mix(uint64(*h), name)) }
func (h *structureHash) inner()          { h.add(1) }

func nameHash(s string) uint64 { return maphash.String(hashSeed, s) }

// Shape is a known structure, ready for encoding, look-up and rendering. It is immutable.
type Shape struct {
	id   uint32
	def  ShapeDef
	root node
	top  []string
	// pieces are what stands in JSON before each leaf, tail what stands after the last, when all are there:
	// {"_id":  ,"address":{"city":  }},"tags":
	pieces []piece
	tail   string
	fixed  int // their size
}

// node is an object or a leaf of a shape's tree. The leaves of an object are
// the slots from first to last.
type node struct {
	name        string
	key         string // "name": as JSON
	hash        uint64 // of the stored name
	dollar      bool   // the name may be one of Extended JSON
	slot        int    // of a leaf, else -1
	first, last int
	children    []node
	plans       *plans // of an object
}

// ID returns the shape's number in its dictionary, from 1.
func (s *Shape) ID() uint32 { return s.id }

// TopLevel returns the names of the top-level fields in order, _id first.
func (s *Shape) TopLevel() []string { return s.top }

// Def returns the definition, which must not be changed.
func (s *Shape) Def() *ShapeDef { return &s.def }

// newShape builds the tree of a definition. idName is shown in place of _id.
func newShape(id uint32, def ShapeDef, idName string) (*Shape, error) {
	s := &Shape{id: id, def: def, root: node{slot: -1, last: len(def.Leaves) - 1, plans: new(plans)}}
	for slot, leaf := range def.Leaves {
		at := &s.root
		for depth, name := range leaf {
			n := len(at.children)
			isLeaf := depth == len(leaf)-1
			if !isLeaf && n > 0 && at.children[n-1].name == name && at.children[n-1].slot < 0 {
				at = &at.children[n-1]
				at.last = slot
				continue
			}
			if slices.ContainsFunc(at.children, func(c node) bool { return c.name == name }) {
				return nil, corrupt("shape %d names %v twice", id, leaf)
			}
			shown := name
			if slot == 0 && depth == 0 && idName != "" {
				shown = idName
			}
			child := node{
				name: shown, key: string(AppendJSONString(nil, shown)) + ":", hash: nameHash(name),
				dollar: strings.HasPrefix(name, "$"), slot: -1, first: slot, last: slot,
			}
			if isLeaf {
				child.slot = slot
			} else {
				child.plans = new(plans)
			}
			at.children = append(at.children, child)
			at = &at.children[n]
		}
	}
	for i := range s.root.children {
		s.top = append(s.top, s.root.children[i].name)
	}
	s.top[0] = IDField
	s.tail = s.addPieces(&s.root, "{") + "}"
	s.fixed += len(s.tail)
	return s, nil
}

// addPieces adds the pieces of a node's leaves, what stands before its first child given, and returns what
// stands after its last leaf.
func (s *Shape) addPieces(n *node, before string) string {
	for i := range n.children {
		child := &n.children[i]
		if before += child.key; child.slot >= 0 {
			s.pieces = append(s.pieces, newPiece(before))
			s.fixed += len(before)
			before = ","
		} else {
			before = s.addPieces(child, before+"{") + "},"
		}
	}
	return strings.TrimSuffix(before, ",")
}
