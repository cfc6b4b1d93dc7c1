package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fluxdb/fluxdb"

// floors is the floor plan: for each folder the folders of ours that it may
// import. "." is the root package. It is the only copy of the table; changing it is
// a design change.
var floors = map[string][]string{
	"document":                 {},
	"storage":                  {},
	"index/def":                {"document"},
	"index/fulltext":           {"document"},
	"parser":                   {"document"},
	"planner/expr":             {"document"},
	"storage/storetest":        {"storage"},
	"storage/pebble":           {"storage"},
	"index":                    {"index/def", "index/fulltext", "storage", "document"},
	"engine":                   {"index", "index/def", "storage", "document"},
	"planner":                  {"parser", "planner/expr", "index/def", "document"},
	"transfer":                 {"engine", "document"},
	"executor":                 {"parser", "planner", "planner/expr", "transfer", "engine", "document"},
	".":                        {"executor", "engine", "storage", "storage/pebble", "document"},
	"driver":                   {".", "executor", "document"},
	"admin":                    {".", "executor", "document"},
	"cmd/fluxsql":              {".", "driver", "admin", "transfer", "parser", "document"},
	"storage/pebble/crashtest": {"storage", "storage/pebble"},
	"engine/enginetest":        {"engine", "storage", "storage/pebble"},
}

// example is what the programs in docs/examples may import: what a user's program does.
var example = []string{".", "driver"}

// fences are packages from outside that only one folder may import.
var fences = map[string]string{
	"github.com/cockroachdb/pebble":       "storage/pebble",
	"github.com/alecthomas/participle/v2": "parser",
	"database/sql/driver":                 "driver",
}

// valuer is the one file outside the fence of database/sql/driver: JSON[T] is a Valuer, and
// its method returns a driver.Value.
const valuer = "json.go"

// TestImportsFollowTheFloorPlan fails on an arrow that is not in the table and on
// a folder that has no floor. Test files may look down any number of floors (a
// whole-system test has to), but fences hold for them too, outside tests/.
func TestImportsFollowTheFloorPlan(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(folder, file string, imports []string) {
		test := strings.HasSuffix(file, "_test.go")
		if !test {
			seen[folder] = true
		}
		allowed, known := floors[folder]
		if strings.HasPrefix(folder, "docs/examples/") {
			allowed, known = example, true
		}
		if !known && folder != "tests" {
			t.Errorf("%s: folder %q has no place in the floor plan", file, folder)
			return
		}
		for _, imp := range imports {
			if floor, ours := ownFolder(imp); ours && !test && folder != "tests" && !slices.Contains(allowed, floor) {
				t.Errorf("%s: %s may not import %s", file, folder, floor)
			}
			for fenced, home := range fences {
				inside := folder == home || strings.HasPrefix(folder, home+"/")
				if (imp == fenced || strings.HasPrefix(imp, fenced+"/")) && !inside && folder != "tests" && file != valuer {
					t.Errorf("%s: %s may be imported under %s only", file, imp, home)
				}
			}
		}
	})
	if len(seen) < 10 {
		t.Fatalf("only %d folders found: the test looks in the wrong place", len(seen))
	}
}

// TestOnlyTheDefaultStoreIsOpenedFromTheRoot keeps the root package's use of
// storage/pebble to opening it.
func TestOnlyTheDefaultStoreIsOpenedFromTheRoot(t *testing.T) {
	const name = module + "/storage/pebble"
	var users []string
	eachGoFile(t, func(folder, file string, imports []string) {
		if folder == "." && !strings.HasSuffix(file, "_test.go") && slices.Contains(imports, name) {
			users = append(users, file)
		}
	})
	if len(users) > 1 {
		t.Errorf("the root package opens its default store in one file, found %v", users)
	}
}

// eachGoFile calls fn for every Go file of the product with its folder ("." is
// the root), its path and its imports.
func eachGoFile(t *testing.T, fn func(folder, file string, imports []string)) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// bench is a module of its own; hidden folders and test data are not ours to check.
			if n := d.Name(); p != root && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bench" || n == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imp)
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		fn(path.Dir(filepath.ToSlash(rel)), rel, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ownFolder returns the folder of an import of this module.
func ownFolder(imp string) (string, bool) {
	if imp == module {
		return ".", true
	}
	return strings.CutPrefix(imp, module+"/")
}
