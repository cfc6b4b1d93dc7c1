package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// fakeCatalog is a catalog described by lines of text:
//
//	collection users documents 100000 observed name, age, address leaves name, age, address.city
//	table items (id INTEGER PRIMARY KEY, sku TEXT NOT NULL, price FLOAT) documents 100
//	[unique] index users_age on users (age, name DESC)
type fakeCatalog struct {
	collections []*def.Collection
	fields      map[string]*FieldSet
	documents   map[string]int64
	// statsRead counts calls of Stats.
	statsRead int
}

func newFakeCatalog(lines string) (*fakeCatalog, error) {
	cat := &fakeCatalog{fields: map[string]*FieldSet{}, documents: map[string]int64{}}
	for _, line := range strings.Split(lines, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		var err error
		switch word {
		case "collection", "table":
			err = cat.addCollection(word == "collection", rest)
		case "index":
			err = cat.addIndex(false, rest)
		case "unique":
			err = cat.addIndex(true, strings.TrimPrefix(rest, "index "))
		default:
			err = fmt.Errorf("unknown word %s", word)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	return cat, nil
}

func (cat *fakeCatalog) addCollection(open bool, text string) error {
	c := &def.Collection{Open: open, ID: uint64(len(cat.collections) + 1)}
	declared := ""
	if head, rest, ok := strings.Cut(text, "("); ok {
		inner, after, _ := strings.Cut(rest, ")")
		text, declared = head+after, inner
	}
	words := strings.Fields(text)
	c.Name = words[0]
	fields := &FieldSet{}
	cat.fields[c.Name] = fields
	var list *[]string
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "documents":
			n, err := strconv.ParseInt(words[i+1], 10, 64)
			if err != nil {
				return err
			}
			cat.documents[c.Name] = n
			i++
		case "observed":
			list = &fields.Names
		case "leaves":
			list = &fields.Leaves
		case "others":
			fields.Others = true
		default:
			*list = append(*list, strings.TrimSuffix(words[i], ","))
		}
	}
	for _, field := range strings.Split(declared, ",") {
		words := strings.Fields(field)
		if len(words) == 0 {
			continue
		}
		path, err := document.ParsePath(words[0])
		if err != nil {
			return err
		}
		f := def.Field{Path: path, NotNull: strings.Contains(field, "NOT NULL"), TypeText: words[1]}
		for t := def.Any; t <= def.Array; t++ {
			if t.String() == words[1] {
				f.Type = t
			}
		}
		if strings.Contains(field, "PRIMARY KEY") {
			c.PrimaryKey = words[0]
		}
		c.Fields = append(c.Fields, f)
	}
	cat.collections = append(cat.collections, c)
	return nil
}

func (cat *fakeCatalog) addIndex(unique bool, text string) error {
	head, keys, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	words := strings.Fields(head)
	c, err := cat.Collection(words[2])
	if err != nil {
		return err
	}
	index := &def.Index{Name: words[0], ID: uint64(len(c.Indexes) + 1), Unique: unique}
	for _, key := range strings.Split(keys, ",") {
		words := strings.Fields(key)
		path, err := document.ParsePath(words[0])
		if err != nil {
			return err
		}
		index.Keys = append(index.Keys, def.Key{Path: path, Desc: len(words) > 1 && words[1] == "DESC"})
	}
	c.Indexes = append(c.Indexes, index)
	return nil
}

func (cat *fakeCatalog) Collection(name string) (*def.Collection, error) {
	i := slices.IndexFunc(cat.collections, func(c *def.Collection) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil, fmt.Errorf("no collection %s", name)
	}
	return cat.collections[i], nil
}

func (cat *fakeCatalog) Collections() ([]*def.Collection, error) { return cat.collections, nil }

func (cat *fakeCatalog) Fields(c *def.Collection) (*FieldSet, error) { return cat.fields[c.Name], nil }

func (cat *fakeCatalog) Stats(c *def.Collection) (Stats, error) {
	cat.statsRead++
	return Stats{Documents: cat.documents[c.Name]}, nil
}
