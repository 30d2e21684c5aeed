package quiz

import "runtime"

// gather returns first and what has queued behind it, at most most of them. It
// never lingers for more to come: whoever takes all that came while the batch
// before was under way needs no timer.
func gather[T any](first T, queue <-chan T, most int) []T {
	batch := []T{first}
	runtime.Gosched() // those about to queue may come along
	for len(batch) < most {
		select {
		case one := <-queue:
			batch = append(batch, one)
		default:
			return batch
		}
	}
	return batch
}
