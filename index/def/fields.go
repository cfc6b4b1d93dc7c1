package def

// FieldSet is the observed fields of an open collection at one moment. It is
// immutable; who keeps them returns the same pointer as long as nothing changed, which
// makes checking a cached plan cheap.
type FieldSet struct {
	// Names are the top-level fields beyond _id in first-seen order, each live in at least one document.
	Names []string
	// Leaves are the paths of the values below nested objects, in first-seen order, as
	// document.ParsePath reads them: what FLATTEN makes columns of.
	Leaves []string
	// Others says that some document has a top-level field that is not among them: there were more names than are
	// remembered, or one is too long for that.
	Others bool
}
