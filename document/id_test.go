package document

import (
	"strings"
	"testing"
)

func TestOnlyACanonicalUUIDIsPacked(t *testing.T) {
	const canonical = "01890a5d-ac96-774b-bcce-b302099a8057"
	if id, ok := parseUUID(canonical); !ok || string(appendUUID(nil, id[:])) != canonical {
		t.Errorf("%s came back as %x, %v", canonical, id, ok)
	}
	for i := range canonical {
		for _, c := range "-gA\xff" {
			if s := canonical[:i] + string(c) + canonical[i+1:]; s != canonical {
				if _, ok := parseUUID(s); ok {
					t.Errorf("%q is taken for a UUID", s)
				}
			}
		}
	}
	for _, s := range []string{"", strings.Repeat("-", 36), strings.ToUpper(canonical), canonical + "0", canonical[1:]} {
		if _, ok := parseUUID(s); ok {
			t.Errorf("%q is taken for a UUID", s)
		}
	}
}
