package quiz

import (
	"slices"
	"testing"
)

func TestGatherTakesWhatQueuedAndNoMore(t *testing.T) {
	queue := make(chan int, 8)
	for i := range 5 {
		queue <- i + 2
	}
	if got := gather(1, queue, 4); !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("a full batch is %v", got)
	}
	if got := gather(<-queue, queue, 4); !slices.Equal(got, []int{5, 6}) {
		t.Errorf("the rest is %v", got)
	}
	if got := gather(7, queue, 4); !slices.Equal(got, []int{7}) {
		t.Errorf("with nothing queued a batch is %v", got)
	}
}
