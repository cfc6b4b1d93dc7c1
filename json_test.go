package fluxdb

import (
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip"`
}

var _ sql.Scanner = (*JSON[address])(nil)

func TestJSONScansWhatAColumnHolds(t *testing.T) {
	for _, src := range []any{[]byte(`{"city":"Oslo","zip":"0150"}`), `{"city":"Oslo","zip":"0150"}`} {
		var j JSON[address]
		if err := j.Scan(src); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(address{"Oslo", "0150"}, j.V); diff != "" {
			t.Errorf("Scan(%T): %s", src, diff)
		}
	}
	n := JSON[int64]{V: 7}
	if err := n.Scan(int64(42)); err != nil || n.V != 42 {
		t.Errorf("Scan(42) = %d, %v", n.V, err)
	}
	if err := n.Scan(nil); err != nil || n.V != 0 {
		t.Errorf("Scan(nil) = %d, %v; want the zero value", n.V, err)
	}
	if err := n.Scan([]byte(`"x"`)); err == nil {
		t.Error("a string scanned into an int")
	}
}

func TestJSONIsTheJSONOfItsValue(t *testing.T) {
	j := JSON[address]{V: address{"Oslo", "0150"}}
	text, err := json.Marshal(struct{ A JSON[address] }{j})
	if err != nil || string(text) != `{"A":{"city":"Oslo","zip":"0150"}}` {
		t.Errorf("Marshal = %s, %v", text, err)
	}
	var back struct{ A JSON[address] }
	if err := json.Unmarshal(text, &back); err != nil || back.A.V != j.V {
		t.Errorf("Unmarshal = %+v, %v", back, err)
	}
	v, err := j.Value()
	if err != nil || string(v.(json.RawMessage)) != `{"city":"Oslo","zip":"0150"}` {
		t.Errorf("Value = %v, %v", v, err)
	}
}
