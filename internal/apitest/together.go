package apitest

import "sync"

// Race runs n calls at once, and returns how often each status was returned.
func Race(n int, call func(i int) int) map[int]int {
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
