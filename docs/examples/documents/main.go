// Command documents is the program of docs/go.md: structs in and out without SQL, a stream of documents through
// database/sql, and SQL on the same collection.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

type User struct {
	ID      string    `json:"_id,omitempty"`
	Name    string    `json:"name"`
	Since   time.Time `json:"since"`
	Address struct {
		City string `json:"city"`
	} `json:"address"`
	Tags []string `json:"tags"`
}

func main() {
	ctx := context.Background()
	db, err := fluxdb.Open(":memory:", nil)
	must(err)
	defer db.Close()

	users := db.Collection("users")
	id, err := users.InsertOne(ctx, User{ID: "ann", Name: "Ann", Since: time.Unix(0, 0), Tags: []string{"admin"}})
	must(err)
	more := []fluxdb.M{
		{"_id": "bob", "name": "Bob", "address": fluxdb.M{"city": "Oslo"}},
		{"_id": "cid", "name": "Cid", "tags": "none"},
	}
	ids, err := users.InsertMany(ctx, more)
	must(err)
	fmt.Println("inserted", id, ids)

	cur, err := users.FindAll(ctx)
	must(err)
	defer cur.Close()
	for cur.Next(ctx) {
		var u User
		if err := cur.Decode(&u); err != nil {
			fmt.Println(err) // Cid's tags are no list
			continue
		}
		fmt.Println(u.Name, u.Since.Year(), u.Address.City, u.Tags)
	}
	must(cur.Err())

	// The same database through database/sql, and a stream of JSON lines past its statements.
	sqlDB := sql.OpenDB(driver.NewConnector(db))
	defer sqlDB.Close()
	conn, err := sqlDB.Conn(ctx)
	must(err)
	defer conn.Close()
	lines := strings.Split(`{"name":"Dan"}|{"name":"Eva"}|{"name":"Fay"}`, "|")
	next := func() (any, error) {
		if len(lines) == 0 {
			return nil, io.EOF
		}
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}
	must(conn.Raw(func(dc any) error {
		n, err := dc.(driver.Bulk).InsertDocuments(ctx, "users", next)
		fmt.Println("streamed", n)
		return err
	}))
	var count int
	must(sqlDB.QueryRow(`SELECT COUNT(*) FROM users WHERE name > 'C'`).Scan(&count))
	fmt.Println("after C:", count)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
