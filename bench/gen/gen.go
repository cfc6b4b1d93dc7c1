// Package gen makes the documents that every benchmark and load test uses: user
// profiles of about 400 bytes of JSON, the same ones for the same seed.
package gen

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Generator yields documents one after another. It belongs to one goroutine.
type Generator struct {
	rng *rand.Rand
	n   int
	buf []byte
}

// New returns the generator of a seed; the benchmarks use seed 1.
func New(seed uint64) *Generator {
	return &Generator{rng: rand.New(rand.NewPCG(seed, 0x9E3779B97F4A7C15))}
}

// Document is one generated document: its _id, a random (version 4) UUID, and its JSON text.
type Document struct {
	ID   string
	JSON string
	Age  int
}

var (
	countries = []string{"AR", "AT", "AU", "BE", "BR", "CA", "CH", "CL", "CN", "DE", "DK", "EG", "ES", "FI", "FR", "GB", "IN", "IT", "JP", "KE", "MX", "NG", "NL", "NO", "NZ", "PL", "PT", "SE", "US", "ZA"}
	cities    = []string{"Aarhus", "Berlin", "Cairo", "Delhi", "Essen", "Florence", "Geneva", "Hamburg", "Istanbul", "Jena", "Kyoto", "Lima", "Madrid", "Nairobi", "Oslo", "Porto", "Quito", "Rome", "Sofia", "Tunis"}
	first     = []string{"Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jon", "Kim", "Leo", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tina", "Yuri"}
	last      = []string{"Abel", "Baker", "Costa", "Dupont", "Eriksen", "Fischer", "Garcia", "Haas", "Ivanov", "Jansen", "Keller", "Lopez", "Meyer", "Novak", "Olsen", "Petrov", "Rossi", "Silva", "Tanaka", "Weber"}
	words     = []string{"amber", "birch", "cobalt", "delta", "ember", "fjord", "granite", "harbor", "indigo", "juniper", "kestrel", "lagoon", "meadow", "nectar", "onyx", "prairie", "quartz", "river", "saffron", "tundra"}
)

// Ages are spread evenly over this many values, so that one age is 1.25 % of the documents.
const Ages = 80

// Next returns the next document. Group, a field of ten documents each, is what
// the "10 documents by index" work looks up.
func (g *Generator) Next() Document {
	r := g.rng
	g.n++
	id := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", r.Uint32(), r.Uint32N(1<<16), r.Uint32N(1<<12), 0x8000|r.Uint32N(1<<14), r.Uint64N(1<<48))
	f, l := first[r.IntN(len(first))], last[r.IntN(len(last))]
	age := 18 + r.IntN(Ages)
	b := g.buf[:0]
	b = append(b, `{"_id":"`...)
	b = append(b, id...)
	b = append(b, `","name":"`...)
	b = append(append(append(b, f...), ' '), l...)
	b = append(b, `","email":"`...)
	b = append(append(append(b, f...), '.'), l...)
	b = strconv.AppendInt(b, int64(g.n), 10)
	b = append(b, `@example.com","group":`...)
	b = strconv.AppendInt(b, int64(g.n/10), 10)
	b = append(b, `,"age":`...)
	b = strconv.AppendInt(b, int64(age), 10)
	b = append(b, `,"balance":`...)
	b = strconv.AppendFloat(b, float64(r.IntN(10_000_00))/100+0.001, 'f', 3, 64)
	b = append(b, `,"active":`...)
	b = strconv.AppendBool(b, r.IntN(3) > 0)
	b = append(b, `,"country":"`...)
	b = append(b, countries[r.IntN(len(countries))]...)
	b = append(b, `","address":{"city":"`...)
	b = append(b, cities[r.IntN(len(cities))]...)
	b = append(b, `","zip":"`...)
	b = strconv.AppendInt(b, int64(10000+r.IntN(90000)), 10)
	b = append(b, `","geo":{"lat":`...)
	b = strconv.AppendFloat(b, float64(r.IntN(180_000)-90_000)/1000+0.0001, 'f', 4, 64)
	b = append(b, `,"lon":`...)
	b = strconv.AppendFloat(b, float64(r.IntN(360_000)-180_000)/1000+0.0001, 'f', 4, 64)
	b = append(b, `}},"tags":["`...)
	b = append(b, words[r.IntN(len(words))]...)
	b = append(b, `","`...)
	b = append(b, words[r.IntN(len(words))]...)
	b = append(b, `","`...)
	b = append(b, words[r.IntN(len(words))]...)
	b = append(b, `"],"created":"`...)
	b = time.Unix(1_600_000_000+r.Int64N(150_000_000), 0).UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","bio":"`...)
	for i := range 14 {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, words[r.IntN(len(words))]...)
	}
	b = append(b, `"}`...)
	g.buf = b
	return Document{ID: id, JSON: string(b), Age: age}
}
