//go:build race

package curriculum

// slowness is how much longer everything takes under the race detector.
const slowness = 10
