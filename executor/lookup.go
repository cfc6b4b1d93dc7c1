package executor

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// found is a text with the script that runs it, which may be that of other texts too.
type found struct {
	text   string
	script *script
	// literals are the text's literals that script has as parameters after the text's own. They
	// are valid until the next lookup with the same Lifter.
	literals []document.Value
}

// lookup finds the script of a text:
//
//	the text is cached               its script, and its literals if they were lifted
//	its key, without literals, is    the script of the texts of this key; the text gets an entry when it
//	                                 is run again, so that texts that are run once drop no others
//	neither                          it is parsed, for the other texts of its key too if the tree allows it
func (db *Database) lookup(l *parser.Lifter, text string) (found, error) {
	if len(text) > maxCachedText {
		s, err := parse(text)
		return found{text: text, script: s}, err
	}
	e, hash := db.cache.get(text)
	if e != nil {
		return found{text, e.script, e.literals}, nil
	}
	lifted, again := l.Lift(text), db.cache.again(hash)
	var shared *entry
	if lifted {
		shared = db.cache.getLifted(l.Key)
	}
	if shared != nil && shared.script != nil {
		if again {
			db.cache.put(&entry{key: text, script: shared.script, literals: slices.Clone(l.Values)})
		}
		return found{text, shared.script, l.Values}, nil
	}
	db.cache.missed(hash)
	s, err := parse(text)
	if err != nil {
		return found{}, err
	}
	if lifted && shared == nil {
		e := &entry{key: string(l.Key), lifted: true}
		defer db.cache.put(e)
		if l.Mark(s.statements) {
			s.literals, e.script = len(l.Values), s
			return found{text, s, l.Values}, nil
		}
	}
	if !lifted || again {
		db.cache.put(&entry{key: text, script: s})
	}
	return found{text: text, script: s}, nil
}

// parse returns the script of a text alone.
func parse(text string) (*script, error) {
	statements, err := parser.Parse(text, parser.Limits{})
	if err != nil {
		return nil, err
	}
	return newScript(text, statements), nil
}

// plan returns the plan of a statement. An error of one whose literals were lifted may tell of
// places and values in another text, so the statement is then planned from the text at hand, and runs
// so if that should succeed.
func (r *resultSets) plan(tx *engine.Tx, at int) (*planner.Plan, error) {
	db := r.session.db
	plan, err := db.plan(r.ctx, tx, r.script, at)
	if err == nil || r.script.literals == 0 {
		return plan, err
	}
	alone, parseErr := parse(r.text)
	if parseErr != nil {
		return nil, parseErr
	}
	r.script = alone
	r.run.Params = r.run.Params[:alone.params]
	return db.plan(r.ctx, tx, alone, at)
}
