package executor

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestAKeySetKeepsWhatMemoryDoesNotHold(t *testing.T) {
	const limit = 64 << 10
	for _, n := range []int{0, 1, 300, 30_000} {
		x := newTestExecution(t, 0, limit)
		s := x.newKeySet()
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		seen := map[string]bool{}
		var most int64
		for range 2 * n {
			key := fmt.Sprintf("key %d", rng.IntN(n))
			added, err := s.add([]byte(key))
			if err != nil {
				t.Fatal(err)
			}
			if added == seen[key] {
				t.Fatalf("of %d: %s is new: %v", n, key, added)
			}
			seen[key] = true
			most = max(most, x.memory.pool.used.Load())
		}
		for i := range 2 * n {
			key := fmt.Sprintf("key %d", i)
			if found, err := s.has([]byte(key)); err != nil || found != seen[key] {
				t.Fatalf("of %d: %s is there: %v, %v", n, key, found, err)
			}
		}
		if most > 2*limit {
			t.Errorf("of %d: %d bytes were held, the limit is %d", n, most, limit)
		}
		if n == 30_000 && (len(s.runs) == 0 || len(s.runs) > 8) {
			t.Errorf("%d runs", len(s.runs))
		}
		s.close()
		if held := s.mem.share.held + s.share.held; held != 0 || x.memory.pool.spill.open.Load() != 0 {
			t.Errorf("of %d: %d bytes and %d files are left", n, held, x.memory.pool.spill.open.Load())
		}
	}
}

// TestAKeyIsFoundAmongThoseOfOneHash has more keys of a hash than a segment holds.
func TestAKeyIsFoundAmongThoseOfOneHash(t *testing.T) {
	x := newTestExecution(t, 0, 64<<10)
	s := x.newKeySet()
	defer s.close()
	r, err := s.newRun()
	if err != nil {
		t.Fatal(err)
	}
	var hashes []uint64
	for i := range 3000 {
		hashes = append(hashes, uint64(i/1000)*7)
	}
	key := func(i int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(i)) }
	for i, hash := range hashes {
		if err := r.put(hash, key(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.keepRun(r); err != nil {
		t.Fatal(err)
	}
	for i, hash := range hashes {
		for _, h := range []uint64{hash - 1, hash, hash + 1} {
			if found, err := r.has(h, key(i)); err != nil || found != (h == hash) {
				t.Fatalf("key %d of hash %d, asked as %d: %v, %v", i, hash, h, found, err)
			}
		}
	}
	if len(r.segments) < 6 {
		t.Errorf("%d segments: the keys of a hash lie in one", len(r.segments))
	}
}
