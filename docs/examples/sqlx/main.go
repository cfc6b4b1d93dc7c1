// Command sqlx keeps structs with a nested struct through sqlx, and runs a transaction
// again that lost to another one.
package main

import (
	"errors"
	"fmt"
	"log"

	"github.com/jmoiron/sqlx"

	"github.com/fluxdb/fluxdb"
	_ "github.com/fluxdb/fluxdb/driver"
)

type User struct {
	ID      string  `db:"_id" json:"_id,omitempty"`
	Name    string  `db:"name" json:"name"`
	Visits  int     `db:"visits" json:"visits"`
	Address Address `db:"address" json:"address"`
}

type Address struct {
	City string `db:"city" json:"city"`
	Zip  string `db:"zip" json:"zip"`
}

func main() {
	db := sqlx.MustOpen("fluxdb", ":memory:")
	defer db.Close()
	db.MustExec(`CREATE COLLECTION users`)
	for _, u := range []User{{"a", "Ann", 0, Address{"Rome", "00100"}}, {"b", "Bob", 3, Address{"Oslo", "0150"}}} {
		db.MustExec(`INSERT INTO users VALUES (?)`, u)
	}
	var users []User
	check(db.Select(&users, `SELECT * FLATTEN FROM users ORDER BY name`))
	fmt.Printf("%+v\n", users)

	tries := 0
	for err := visit(db, &tries); err != nil; err = visit(db, &tries) {
		if !errors.Is(err, fluxdb.ErrConflict) {
			log.Fatal(err)
		}
		fmt.Println("lost to another transaction, again:", err)
	}
	var ann User
	check(db.Get(&ann, `SELECT * FLATTEN FROM users WHERE _id = ?`, "a"))
	fmt.Println(ann.Name, "has", ann.Visits, "visits after", tries, "tries")
}

// visit adds one visit; in its first try another transaction is faster.
func visit(db *sqlx.DB, tries *int) error {
	*tries++
	tx := db.MustBegin()
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	var visits int
	check(tx.Get(&visits, `SELECT visits FROM users WHERE _id = 'a'`))
	if *tries == 1 {
		db.MustExec(`UPDATE users SET visits = visits + 10 WHERE _id = 'a'`)
	}
	tx.MustExec(`UPDATE users SET visits = ? WHERE _id = 'a'`, visits+1)
	return tx.Commit()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
