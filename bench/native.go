package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// profile is the generated document as a program would hold it.
type profile struct {
	ID      string  `json:"_id"`
	Name    string  `json:"name"`
	Email   string  `json:"email"`
	Group   int     `json:"group"`
	Age     int     `json:"age"`
	Balance float64 `json:"balance"`
	Active  bool    `json:"active"`
	Country string  `json:"country"`
	Address struct {
		City string `json:"city"`
		Zip  string `json:"zip"`
		Geo  struct {
			Lat float64 `json:"lat"`
			Lon float64 `json:"lon"`
		} `json:"geo"`
	} `json:"address"`
	Tags    []string  `json:"tags"`
	Created time.Time `json:"created"`
	Bio     string    `json:"bio"`
}

// native calls fn with the database that a FluxDB connection is of; ok is false for another one.
func native(d *database, fn func(db *fluxdb.DB, bulk driver.Bulk) error) (ok bool, err error) {
	conn, err := d.Conn(context.Background())
	if err != nil {
		return false, err
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		c, flux := dc.(*driver.Conn)
		if ok = flux; !ok {
			return nil
		}
		return fn(c.DB(), c)
	})
	return ok, err
}

// structs reads every document into a Go struct: with a native cursor, or as text and with encoding/json.
func structs(d *database, in *input) (int, error) {
	ctx := context.Background()
	n := 0
	ok, err := native(d, func(db *fluxdb.DB, _ driver.Bulk) error {
		cur, err := db.Collection("users").FindAll(ctx)
		if err != nil {
			return err
		}
		defer cur.Close()
		for ; cur.Next(ctx); n++ {
			var p profile
			if err := cur.Decode(&p); err != nil {
				return err
			}
		}
		return cur.Err()
	})
	if ok || err != nil {
		return n, err
	}
	rs, err := d.Query(d.sql["all"])
	if err != nil {
		return 0, err
	}
	defer rs.Close()
	var text sql.RawBytes
	for ; rs.Next(); n++ {
		var p profile
		if err := rs.Scan(&text); err != nil {
			return n, err
		}
		if err := json.Unmarshal(text, &p); err != nil {
			return n, err
		}
	}
	return n, rs.Err()
}

// loadNative is load by driver.Bulk, where there is one.
func loadNative(d *database, in *input) (int, error) {
	for docs := range slices.Chunk(in.docs, loadBatch) {
		ok, err := native(d, func(_ *fluxdb.DB, bulk driver.Bulk) error {
			next := 0
			_, err := bulk.InsertDocuments(context.Background(), "users", func() (any, error) {
				if next == len(docs) {
					return nil, io.EOF
				}
				next++
				return docs[next-1].JSON, nil
			})
			return err
		})
		if err != nil {
			return 0, err
		}
		if !ok {
			if err := insertAll(d, docs); err != nil {
				return 0, err
			}
		}
	}
	return len(in.docs), nil
}
