package engine

import (
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// Limits of a collection's shapes.
const (
	maxShapes      = 1024
	sightings      = 8    // of one structure before it becomes a shape
	maxSighted     = 4096 // structures remembered
	slotWithout    = -1   // the field number of _id, which is not counted
	firstShapeSlot = 1    // slot 0 is _id
)

// sight counts a structure that has no shape and makes it one when it has been
// seen often enough; true means that the document now fits a shape.
func (s *space) sight(ctx context.Context, db *DB, structure uint64, enc *document.Encoder) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dict.Len() >= maxShapes {
		return false, nil
	}
	if len(s.sighted) >= maxSighted {
		clear(s.sighted)
	}
	if s.sighted[structure]++; s.sighted[structure] < sightings {
		return false, nil
	}
	delete(s.sighted, structure)
	if !db.roomForShapes() {
		return false, nil
	}
	shape := enc.Def()
	// The fields first: what a slot counts as depends on what the dictionary
	// holds when the shape is read again.
	if _, err := s.allot(ctx, db, shape.Leaves[firstShapeSlot:]); err != nil {
		return false, err
	}
	n := uint32(s.dict.Len() + 1)
	err := db.note(ctx, [][]byte{numbered(tagShape, s.id, n)}, [][]byte{shape.AppendBinary(nil)})
	if err != nil {
		return false, fmt.Errorf("note shape %d: %w", n, err)
	}
	return true, s.addShape(n, shape)
}

// addShape makes a shape known whose fields have their numbers.
func (s *space) addShape(n uint32, shape document.ShapeDef) error {
	numbers := make([]int32, len(shape.Leaves))
	numbers[0] = slotWithout
	for slot := firstShapeSlot; slot < len(numbers); slot++ {
		numbers[slot] = s.fields.number(shape.Leaves[slot])
	}
	old := *s.shapeFields.Load()
	if int(n) != len(old)+1 {
		return fmt.Errorf("shape %d follows %d", n, len(old))
	}
	// Before the dictionary knows the shape: whoever meets it finds its fields.
	next := append(old[:len(old):len(old)], numbers)
	s.shapeFields.Store(&next)
	_, err := s.dict.Add(n, shape)
	return err
}

// slotFields returns the field number of each slot of a shape.
func (s *space) slotFields(shape uint32) []int32 { return (*s.shapeFields.Load())[shape-1] }
