package document

import "testing"

func TestNearestIsASlipOfTheFinger(t *testing.T) {
	names := []string{"name", "address", "age", "WHERE", "FROM", "users"}
	for name, want := range map[string]string{
		"nmae": "name", "adress": "address", "WERE": "WHERE", "form": "FROM", "user": "users", "AGE": "age", "ag": "age",
		"colour": "", "x": "", "": "", "telephone": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
