package planner

// rule is one step from the statement as it was written to the cheapest way of running it.
type rule struct {
	name  string
	apply func(*block) error
}

// rules are applied once each, in this order, to every block. Each leaves a
// block that yields the same rows.
var rules []rule

// init makes the list, since a query in FROM is optimized by them too.
func init() { rules = list() }

func list() []rule {
	return []rule{
		// What needs no row is computed now: 2 * 3600 becomes 7200, TRUE AND x becomes
		// x. Only what gives the same result at any time is folded; an error stays
		// where it is and is raised when the statement runs.
		{"fold constants", foldConstants},

		// WHERE becomes a list of conditions that must all be TRUE, in forms that an
		// index can serve: NOT moves inward (exactly, in three-valued logic), nested ANDs
		// become one list, x = 1 OR x = 2 becomes x IN (1, 2).
		{"normalize predicates", normalizePredicates},

		// Conditions of HAVING on what rows are grouped by move to WHERE: groups that would be
		// dropped are not made, and an index may serve the condition.
		{"push down having", pushDownHaving},

		// EXISTS and IN of a query that reads the row outside become joins: rows are kept by whether they have a partner.
		{"unnest subqueries", unnestSubqueries},

		// Several sources are joined: outer joins become inner ones where the rows that they add are dropped, conditions are
		// checked as far down as they can be, and of all orders and ways of joining the cheapest is taken.
		{"plan joins", planJoins},

		// The sides of a UNION, INTERSECT or EXCEPT are planned by themselves.
		{"plan compounds", planCompound},

		// Conditions on one path with constants are intersected: a > 1 AND a > 5 leaves
		// a > 5, and a > 5 AND a < 3 leaves nothing to read.
		{"merge ranges", mergeRanges},

		// Order keys that can't decide anything are dropped: constants, repeated
		// keys, paths that WHERE ties to one value, and all after the primary key.
		{"simplify order", simplifyOrder},

		// COUNT(*) of a whole collection is read from its counter.
		{"count from the counter", countFromCounter},

		// MIN and MAX of an indexed path are read from the edge of the index, or need but the first
		// row in its order.
		{"edge of an index", edgeOfIndex},

		// Of all ways to read the source (every document, a range of _id, each index, forward
		// and in reverse) the cheapest is taken, counting what a needed sort would cost.
		// What the bounds of the way guarantee is removed from WHERE.
		{"choose access path", chooseAccess},

		// Groups whose keys arrive together are finished one by one, in order,
		// instead of being collected in a table.
		{"sorted groups", sortedGroups},

		// Where all that is needed of a document stands in the index entry, no document is fetched;
		// conditions on what stands there are checked before one is.
		{"cover from the index", coverFromIndex},

		// A sort carries computed columns instead of documents where few fields are wanted of each.
		{"narrow sort", narrowSort},
	}
}

// optimize applies the rules to a bound block.
func optimize(b *block) error {
	for i := range rules {
		if err := rules[i].apply(b); err != nil {
			return err
		}
	}
	return nil
}
