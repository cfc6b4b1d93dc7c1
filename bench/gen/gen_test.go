package gen

import (
	"encoding/json"
	"testing"
)

func TestSameSeedMakesTheSameDocuments(t *testing.T) {
	a, b := New(1), New(1)
	for range 100 {
		if x, y := a.Next(), b.Next(); x != y {
			t.Fatalf("documents differ:\n%s\n%s", x.JSON, y.JSON)
		}
	}
}

func TestDocumentsAreAbout400BytesOfValidJSON(t *testing.T) {
	g := New(1)
	total := 0
	for range 1000 {
		d := g.Next()
		total += len(d.JSON)
		var m struct {
			ID  string `json:"_id"`
			Age int
		}
		if err := json.Unmarshal([]byte(d.JSON), &m); err != nil {
			t.Fatalf("%v: %s", err, d.JSON)
		}
		if m.ID != d.ID || m.Age != d.Age {
			t.Fatalf("got id %s age %d, want %s %d", m.ID, m.Age, d.ID, d.Age)
		}
	}
	if mean := total / 1000; mean < 380 || mean > 480 {
		t.Errorf("documents are %d bytes on average, want about 400", mean)
	}
}
