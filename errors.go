package fluxdb

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/executor"
	"github.com/fluxdb/fluxdb/storage"
)

// The errors that a program may branch on, with errors.Is, also when they come through
// database/sql.
var (
	// ErrClosed is matched when a database, session or transaction is used after its end.
	ErrClosed = storage.ErrClosed
	// ErrConflict is matched when a transaction lost to another one that changed what it
	// read or wrote. Nothing was applied; run it again.
	ErrConflict = storage.ErrConflict
	// ErrTxTooOld is matched when more was committed since a transaction began than is remembered, so that it can't be
	// told whether there is a conflict. It matches ErrConflict.
	ErrTxTooOld = storage.ErrTxTooOld
	// ErrUndecided is matched when the fate of a commit is unknown because writing the
	// log failed. Everything is refused until the database is opened again.
	ErrUndecided = storage.ErrUndecided
	// ErrReadOnly is matched when a database or transaction that is read-only is written to.
	ErrReadOnly = storage.ErrReadOnly
	// ErrTxTooLarge is matched when a transaction has more writes than can be numbered, over two billion. What is over its
	// share of the memory budget goes through temporary files.
	ErrTxTooLarge = storage.ErrTxnTooLarge
	// ErrTooManyCursors is matched when as many rows as may be are open in one database.
	ErrTooManyCursors = storage.ErrTooManyCursors
	// ErrLocked is matched when another process has the database open; LockedError says which.
	ErrLocked = storage.ErrLocked
	// ErrFormat is matched when the database was written by a newer version.
	ErrFormat = storage.ErrFormat
	// ErrCorrupt is matched when a folder is damaged or no database.
	ErrCorrupt = storage.ErrCorrupt

	// ErrInvalid is matched by every error about a value that can't be stored.
	ErrInvalid = document.ErrInvalid
	// ErrDuplicateKey is matched when an _id or the key of a unique index is taken; DuplicateKeyError says where.
	ErrDuplicateKey = engine.ErrDuplicateKey
	// ErrUnknownCollection is matched when there is no collection of a name.
	ErrUnknownCollection = engine.ErrUnknownCollection
	// ErrUnknownIndex is matched when there is no index of a name.
	ErrUnknownIndex = engine.ErrUnknownIndex
	// ErrCollectionExists is matched when a collection of the name exists already.
	ErrCollectionExists = engine.ErrCollectionExists
	// ErrIndexExists is matched when an index of the name exists already.
	ErrIndexExists = engine.ErrIndexExists
	// ErrInvalidDefinition is matched when a collection or index can't be defined so.
	ErrInvalidDefinition = engine.ErrInvalidDefinition
	// ErrTooManyDocuments is matched when an index is created inside a transaction on a
	// collection that is too large for it.
	ErrTooManyDocuments = engine.ErrTooManyDocuments
	// ErrNested is matched when a write transaction is begun inside a function or hook of another one.
	ErrNested = engine.ErrNested

	// ErrInTransaction is matched when a transaction is begun within another one.
	ErrInTransaction = executor.ErrInTransaction
	// ErrNoTransaction is matched when COMMIT, ROLLBACK, SAVEPOINT or RELEASE finds no transaction.
	ErrNoTransaction = executor.ErrNoTransaction
)

// The errors that carry more than a message, for errors.As.
type (
	// SyntaxError says where a text is not SQL.
	SyntaxError = executor.SyntaxError
	// DocumentError says which of several documents was refused, and why.
	DocumentError = executor.DocumentError
	// BindError says where a statement means nothing: an unknown field, a wrong kind.
	BindError = executor.BindError
	// EvalError says which value an expression could not make: an overflow, a CAST.
	EvalError = executor.EvalError
	// ParamError says which parameters a statement takes and which were given.
	ParamError = executor.ParamError
	// ValueError says what is wrong with one value of a document, and at which path.
	ValueError = document.ValueError
	// DecodeError says which part of a document does not fit a Go value, at which path.
	DecodeError = document.DecodeError
	// JSONError says where a text is not JSON.
	JSONError = document.JSONError
	// DuplicateKeyError says which value a document has that another one has already.
	DuplicateKeyError = engine.DuplicateKeyError
	// UnknownCollectionError names a collection that is not there, and the nearest one.
	UnknownCollectionError = engine.UnknownCollectionError
	// UnknownIndexError names an index that is not there, and the nearest one.
	UnknownIndexError = engine.UnknownIndexError
	// LockedError names the process that holds a database.
	LockedError = storage.LockedError
)
