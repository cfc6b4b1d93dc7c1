package engine

import (
	"context"

	"github.com/fluxdb/fluxdb/storage"
)

// A scan of all documents, of a range of them, or of a range of an index may be divided (storage.Stretch): several scans of the same range,
// each used by a goroutine of its own, read it part by part.

// Part is a run of documents in the order of _id, or of entries in the order of their index.
type Part = storage.Part

// Divisible reports whether the scan can be cut: it reads one range of keys upwards.
func (s *Scan) Divisible() bool {
	return !s.merge && !s.reverse && s.plain.Iter != nil && s.err == nil
}

// Another opens a scan of the same documents. It sees the transaction as it is now.
func (s *Scan) Another(ctx context.Context, t *Tx) *Scan {
	return &Scan{entry: s.entry, plain: s.plain.Another(ctx, t.reader)}
}

// Reach finds the last document of a scan, which must be known before it is cut for the first time.
func (s *Scan) Reach(ctx context.Context, t *Tx) error { return s.plain.Reach(ctx, t.reader) }

// Enter moves the scan to before the first document of a part. Next then ends with the part, after which another
// may be entered.
func (s *Scan) Enter(p Part) { s.plain.Enter(p) }

// Cut ends the part that is read with the present document and returns what comes after it, in at most n
// parts of about the same space of keys; none when nothing does.
func (s *Scan) Cut(n int) []Part { return s.plain.Cut(n) }

// Left estimates how many documents follow in the part that is read, from how far the
// keys went since the last call, in which so many were read.
func (s *Scan) Left(read int) float64 { return s.plain.Left(read) }

// Another opens a scan of the same entries. It sees the transaction as it is now.
func (s *IndexScan) Another(ctx context.Context, t *Tx) *IndexScan {
	other := new(IndexScan)
	other.OpenBeside(ctx, &s.Scan, t.reader)
	return other
}

// Reach finds the last entry of a scan, which must be known before it is cut for the first time.
func (s *IndexScan) Reach(ctx context.Context, t *Tx) error { return s.Stretch().Reach(ctx, t.reader) }

// Enter moves the scan to before the first entry of a part, as Scan.Enter does.
func (s *IndexScan) Enter(p Part) { s.Stretch().Enter(p) }

// Cut divides what follows the present entry, as Scan.Cut does.
func (s *IndexScan) Cut(n int) []Part { return s.Stretch().Cut(n) }

// Left estimates how many entries follow, as Scan.Left does.
func (s *IndexScan) Left(read int) float64 { return s.Stretch().Left(read) }
