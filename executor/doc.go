// Package executor runs plans and streams their rows. It owns the session: the
// transaction a user has open, the statements prepared in it, and the retries
// of those that run by themselves. The statement cache belongs to the open Database.
//
// The life of a text of statements:
//
//  1. Session.Query looks the text up in the cache of the Database, or parses it.
//  2. The arguments are bound to the parameters by ordinal.
//  3. Each statement runs in the session's transaction, where it is undone when it
//     fails, or in one of its own. One that only reads gets a snapshot that
//     lives as long as its Rows; one that writes runs to completion, again
//     if it lost to another transaction, before Query returns.
//  4. The plan comes from the cache when the catalog is still the one that it
//     was made for, else from planner.Build.
//  5. build makes an operator of each plan node and Rows.Next pulls rows through them.
//
// What holds throughout: a cached plan is only used with the catalog value it was
// made for, and never by a transaction that changed its catalog; rows that are
// open when their transaction ends give an error, not a crash.
package executor
