package driver_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine outlives the databases that the tests opened.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
