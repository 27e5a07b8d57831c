package orders_test

import (
	"sync"
)

// race runs n calls at once and counts what they answer.
func race(n int, call func(i int) int) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	gate := make(chan struct{})
	counts := map[int]int{}
	for i := range n {
		all.Go(func() {
			<-gate
			status := call(i)
			mu.Lock()
			defer mu.Unlock()
			counts[status]++
		})
	}
	close(gate)
	all.Wait()
	return counts
}
