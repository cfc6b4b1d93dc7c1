package fluxdb

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MemoryPath is the path of a database that lives in memory only.
const MemoryPath = ":memory:"

// ParseDSN splits a data source name into the path and the options. A DSN is a path (a folder,
// created if missing), ":memory:", or "file:" followed by either and
// "?name=value&..." with the options documented on Options. Names and values
// are URL-escaped. An unknown option is an error that lists the known ones.
func ParseDSN(dsn string) (path string, opts Options, err error) {
	if dsn == "" {
		return "", opts, fmt.Errorf("dsn: empty: expected a path, %q or \"file:path?options\"", MemoryPath)
	}
	rest, isURI := strings.CutPrefix(dsn, "file:")
	if !isURI {
		// Whoever writes app.db?mode=ro does not want a folder of that name.
		if _, query, _ := strings.Cut(dsn, "?"); dsnOptions[beforeEquals(query)] != nil {
			return "", opts, fmt.Errorf("dsn: %q: a name with options must begin with file: as in %q; in a name ? is written %%3F", dsn, "file:"+dsn)
		}
		return dsn, opts, nil
	}
	escaped, query, _ := strings.Cut(rest, "?")
	if path, err = url.PathUnescape(escaped); err != nil {
		return "", opts, fmt.Errorf("dsn: path %q: %w", escaped, err)
	}
	if path == "" {
		return "", opts, fmt.Errorf("dsn: %q names no path", dsn)
	}
	// file:///path is an absolute path with an empty host.
	if after, ok := strings.CutPrefix(path, "//"); ok && strings.HasPrefix(after, "/") {
		path = after
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", opts, fmt.Errorf("dsn: options %q: %w", query, err)
	}
	for _, name := range sortedKeys(values) {
		set, known := dsnOptions[name]
		if !known {
			return "", opts, fmt.Errorf("dsn: unknown option %q; the options are %s", name, strings.Join(sortedKeys(dsnOptions), ", "))
		}
		if len(values[name]) != 1 {
			return "", opts, fmt.Errorf("dsn: option %s is given %d times", name, len(values[name]))
		}
		if expected := set(&opts, values[name][0]); expected != "" {
			return "", opts, fmt.Errorf("dsn: option %s=%q: expected %s", name, values[name][0], expected)
		}
	}
	return path, opts, nil
}

// beforeEquals is the name of an option, or "" where there is no value.
func beforeEquals(query string) string {
	name, _, ok := strings.Cut(query, "=")
	if !ok {
		return ""
	}
	return name
}

// dsnOptions sets each option from its text; a setter returns what it expected, or "".
var dsnOptions = map[string]func(o *Options, text string) (expected string){
	"mode": func(o *Options, s string) string {
		return choose(&o.ReadOnly, s, []string{"rw", "ro"}, []bool{false, true})
	},
	"sync": func(o *Options, s string) string {
		return choose(&o.Sync, s, syncNames, []Sync{SyncFull, SyncNormal, SyncOff})
	},
	"compression": func(o *Options, s string) string {
		return choose(&o.Compression, s, compressionNames, []Compression{CompressMinLZ, CompressZstd, CompressNone})
	},
	"star": func(o *Options, s string) string {
		return choose(&o.Star, s, []string{"columns", "flat", "document"}, []Star{StarColumns, StarFlat, StarDocument})
	},
	"autocreate": func(o *Options, s string) string {
		return choose(&o.NoAutocreate, s, []string{"true", "false"}, []bool{false, true})
	},
	"timeout": func(o *Options, s string) string {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return "a positive duration such as 5s or 500ms"
		}
		o.Timeout = d
		return ""
	},
	"memory": func(o *Options, s string) string {
		n, ok := parseSize(s)
		if !ok || n < MinMemory {
			return "a size of at least 16MB such as 256MB or 1GB"
		}
		o.Memory = n
		return ""
	},
}

// MinMemory is the smallest memory budget accepted, in bytes.
const MinMemory = 16 << 20

var (
	syncNames        = []string{"full", "normal", "off"}
	compressionNames = []string{"minlz", "zstd", "none"}
)

// choose sets dst to the value whose name is s.
func choose[T any](dst *T, s string, names []string, values []T) (expected string) {
	i := slices.Index(names, s)
	if i < 0 {
		return "one of " + strings.Join(names, ", ")
	}
	*dst = values[i]
	return ""
}

// parseSize reads a number of bytes with an optional unit; KB, MB and GB are powers of 1024.
func parseSize(s string) (int64, bool) {
	upper := strings.ToUpper(strings.TrimSpace(s))
	for _, u := range []struct {
		suffix string
		shift  uint
	}{{"KIB", 10}, {"MIB", 20}, {"GIB", 30}, {"KB", 10}, {"MB", 20}, {"GB", 30}, {"B", 0}, {"", 0}} {
		digits, ok := strings.CutSuffix(upper, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64>>u.shift {
			return 0, false
		}
		return n << u.shift, true
	}
	return 0, false
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
