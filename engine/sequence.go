package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"sync"
)

// sequence gives out numbers from 1, each once, whatever becomes of the transaction that
// drew it. Blocks of them are reserved durably; after a crash the rest of a block is lost.
type sequence struct {
	id    uint64
	mu    sync.Mutex
	next  int64 // the next number
	limit int64 // numbers below are reserved
	block int64 // size of the next block
}

const (
	firstBlock = 16
	mostBlock  = 4096
)

var errSequenceEnd = errors.New("sequence has no more numbers")

func newSequence(id uint64, limit int64) *sequence {
	return &sequence{id: id, next: max(1, limit), limit: max(1, limit), block: firstBlock}
}

// draw returns the next number.
func (s *sequence) draw(ctx context.Context, db *DB) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.next
	if n == math.MaxInt64 {
		return 0, errSequenceEnd
	}
	if err := s.reserve(ctx, db, n+1); err != nil {
		return 0, err
	}
	s.next = n + 1
	return n, nil
}

// pass moves the sequence beyond n.
func (s *sequence) pass(ctx context.Context, db *DB, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < s.next {
		return nil
	}
	if n < math.MaxInt64 {
		n++
	}
	if err := s.reserve(ctx, db, n); err != nil {
		return err
	}
	s.next = n
	return nil
}

// reserve makes sure that numbers below next are reserved.
func (s *sequence) reserve(ctx context.Context, db *DB, next int64) error {
	if next <= s.limit {
		return nil
	}
	limit := int64(math.MaxInt64)
	if next < math.MaxInt64-s.block {
		limit = next + s.block
	}
	key := binary.BigEndian.AppendUint64(prefix(tagSequence, s.id), uint64(limit))
	if err := db.note(ctx, [][]byte{key}, [][]byte{nil}); err != nil {
		return err
	}
	s.limit, s.block = limit, min(2*s.block, mostBlock)
	return nil
}
