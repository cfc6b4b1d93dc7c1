//go:build !race

package driver_test

// raceDetector says that allocations are not what they are without it.
const raceDetector = false
