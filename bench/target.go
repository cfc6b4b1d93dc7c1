package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/fluxdb/fluxdb/driver"
	_ "github.com/mattn/go-sqlite3"
)

// target is one database under test, reached through database/sql. Every work
// names its statement; a target says how it spells it.
type target struct {
	name   string
	driver string // the name it is registered under
	sql    map[string]string
	// dsn of a database in dir; durable asks for a synced commit.
	dsn func(dir string, durable bool) string
}

// memory is what either side may use, in MiB: FluxDB's budget and SQLite's page cache.
var memory = 2048

// fluxdb keeps whole documents in an open collection.
var fluxdbTarget = target{
	name: "FluxDB", driver: "fluxdb",
	dsn: func(dir string, durable bool) string {
		level := "normal"
		if durable {
			level = "full"
		}
		return fmt.Sprintf("file:%s?sync=%s&memory=%dMB", filepath.Join(dir, "flux"), level, memory)
	},
	sql: map[string]string{
		"create":        `CREATE COLLECTION users`,
		"insert":        `INSERT INTO users VALUES (?)`,
		"index group":   `CREATE INDEX users_group ON users ("group")`,
		"index age":     `CREATE INDEX users_age ON users (age)`,
		"index email":   `CREATE INDEX users_email ON users (email)`,
		"index city":    `CREATE INDEX users_city_age ON users (address.city, age)`,
		"point":         `SELECT VALUE u FROM users u WHERE _id = ?`,
		"literal":       `SELECT VALUE u FROM users u WHERE _id = '%s'`,
		"by group":      `SELECT VALUE u FROM users u WHERE "group" = ?`,
		"by age":        `SELECT VALUE u FROM users u WHERE age = ?`,
		"range":         `SELECT VALUE u FROM users u WHERE age >= ? ORDER BY age LIMIT 10`,
		"count nested":  `SELECT COUNT(*) FROM users WHERE address.geo.lat > 45`,
		"group by":      `SELECT country, COUNT(*), AVG(balance), MIN(balance), MAX(balance) FROM users GROUP BY country`,
		"windows":       `SELECT _id, RANK() OVER (PARTITION BY country ORDER BY balance), SUM(balance) OVER (PARTITION BY country ORDER BY balance, _id ROWS 100 PRECEDING) FROM users`,
		"top 10":        `SELECT VALUE u FROM users u ORDER BY balance DESC LIMIT 10`,
		"all":           `SELECT VALUE u FROM users u`,
		"update by id":  `UPDATE users SET balance = ? WHERE _id = ?`,
		"update tenth":  `UPDATE users SET balance = balance + 1 WHERE "group" % 10 = 3`,
		"update group":  `UPDATE users SET balance = balance + 1 WHERE "group" = ?`,
		"delete tenth":  `DELETE FROM users WHERE "group" % 10 = 7`,
		"order indexed": `SELECT VALUE u FROM users u ORDER BY age LIMIT 10`,
	},
}

// sqliteTarget keeps each document as JSON text beside its key, with expression indexes.
var sqliteTarget = target{
	name: "SQLite", driver: "sqlite3",
	dsn: func(dir string, durable bool) string {
		level := "NORMAL"
		if durable {
			level = "FULL"
		}
		return fmt.Sprintf("file:%s?_journal_mode=WAL&_busy_timeout=30000&_cache_size=-%d&_txlock=immediate&_synchronous=%s",
			filepath.Join(dir, "sqlite.db"), memory<<10, level)
	},
	sql: map[string]string{
		"create":        `CREATE TABLE users (id TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID`,
		"insert":        `INSERT INTO users (id, doc) SELECT json_extract(?1, '$._id'), ?1`,
		"index group":   `CREATE INDEX users_group ON users (json_extract(doc, '$.group'))`,
		"index age":     `CREATE INDEX users_age ON users (json_extract(doc, '$.age'))`,
		"index email":   `CREATE INDEX users_email ON users (json_extract(doc, '$.email'))`,
		"index city":    `CREATE INDEX users_city_age ON users (json_extract(doc, '$.address.city'), json_extract(doc, '$.age'))`,
		"point":         `SELECT doc FROM users WHERE id = ?`,
		"literal":       `SELECT doc FROM users WHERE id = '%s'`,
		"by group":      `SELECT doc FROM users WHERE json_extract(doc, '$.group') = ?`,
		"by age":        `SELECT doc FROM users WHERE json_extract(doc, '$.age') = ?`,
		"range":         `SELECT doc FROM users WHERE json_extract(doc, '$.age') >= ? ORDER BY json_extract(doc, '$.age') LIMIT 10`,
		"count nested":  `SELECT COUNT(*) FROM users WHERE json_extract(doc, '$.address.geo.lat') > 45`,
		"group by":      `SELECT json_extract(doc, '$.country'), COUNT(*), AVG(json_extract(doc, '$.balance')), MIN(json_extract(doc, '$.balance')), MAX(json_extract(doc, '$.balance')) FROM users GROUP BY 1`,
		"windows":       `SELECT id, RANK() OVER (PARTITION BY json_extract(doc, '$.country') ORDER BY json_extract(doc, '$.balance')), SUM(json_extract(doc, '$.balance')) OVER (PARTITION BY json_extract(doc, '$.country') ORDER BY json_extract(doc, '$.balance'), id ROWS 100 PRECEDING) FROM users`,
		"top 10":        `SELECT doc FROM users ORDER BY json_extract(doc, '$.balance') DESC LIMIT 10`,
		"all":           `SELECT doc FROM users`,
		"update by id":  `UPDATE users SET doc = json_set(doc, '$.balance', ?) WHERE id = ?`,
		"update tenth":  `UPDATE users SET doc = json_set(doc, '$.balance', json_extract(doc, '$.balance') + 1) WHERE json_extract(doc, '$.group') % 10 = 3`,
		"update group":  `UPDATE users SET doc = json_set(doc, '$.balance', json_extract(doc, '$.balance') + 1) WHERE json_extract(doc, '$.group') = ?`,
		"delete tenth":  `DELETE FROM users WHERE json_extract(doc, '$.group') % 10 = 7`,
		"order indexed": `SELECT doc FROM users ORDER BY json_extract(doc, '$.age') LIMIT 10`,
	},
}

// database is an open target in a folder of its own.
type database struct {
	*target
	*sql.DB
	dir string
}

// open creates the users collection in a fresh folder below dir.
func (t *target) open(dir string, durable bool) (*database, error) {
	sub, err := os.MkdirTemp(dir, strings.ToLower(t.name)+"-*")
	if err != nil {
		return nil, err
	}
	d := &database{target: t, dir: sub}
	if err := d.connect(durable); err != nil {
		return nil, err
	}
	if err := d.run("create"); err != nil {
		d.DB.Close()
		return nil, err
	}
	return d, nil
}

// connect opens the database. Both sides keep as many connections as the rows have goroutines.
func (d *database) connect(durable bool) error {
	db, err := sql.Open(d.driver, d.dsn(d.dir, durable))
	if err != nil {
		return err
	}
	db.SetMaxIdleConns(16)
	d.DB = db
	return db.Ping()
}

// run executes the named statement.
func (d *database) run(name string, args ...any) error {
	if _, err := d.Exec(d.sql[name], args...); err != nil {
		return fmt.Errorf("%s: %s: %w", d.name, name, err)
	}
	return nil
}

// reopen closes the database and opens it again.
func (d *database) reopen(durable bool) error {
	if err := d.DB.Close(); err != nil {
		return err
	}
	return d.connect(durable)
}

// remove closes the database and removes its files.
func (d *database) remove() error {
	if err := d.DB.Close(); err != nil {
		return err
	}
	return os.RemoveAll(d.dir)
}

// diskSize is the size of the database's files in bytes.
func (d *database) diskSize() (size int64) {
	filepath.Walk(d.dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size
}
