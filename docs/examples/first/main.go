// Command first is the program of the README.
package main

import (
	"database/sql"
	"fmt"
	"log"

	_ "github.com/fluxdb/fluxdb/driver"
)

func main() {
	db, err := sql.Open("fluxdb", ":memory:") // or a folder: "app.db"
	must(err)
	_, err = db.Exec(`CREATE COLLECTION users; CREATE INDEX users_city ON users (address.city)`)
	must(err)
	_, err = db.Exec(`INSERT INTO users VALUES (?), {name: 'Bob', address: {city: 'Oslo'}}`,
		map[string]any{"name": "Ann", "tags": []string{"admin"}, "address": map[string]any{"city": "Rome"}})
	must(err)
	var name, tags string
	must(db.QueryRow(`SELECT name, tags FROM users WHERE address.city = ?`, "Rome").Scan(&name, &tags))
	fmt.Println(name, tags)
	must(db.Close())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
