//go:build !race

package curriculum

// slowness is how much longer everything takes than in production.
const slowness = 1
