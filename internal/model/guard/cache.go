package guard

import (
	"container/list"
	"sync"
	"time"
)

// kept holds the entries that were used last.
type kept[V any] struct {
	mu    sync.Mutex
	most  int
	age   time.Duration // 0: for ever
	order *list.List    // of *entry[V], the last used first
	byKey map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
	made  time.Time
}

func newKept[V any](most int, age time.Duration) *kept[V] {
	return &kept[V]{most: most, age: age, order: list.New(), byKey: map[string]*list.Element{}}
}

func (k *kept[V]) get(key string) (value V, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	element, ok := k.byKey[key]
	if !ok {
		return value, false
	}
	e := element.Value.(*entry[V])
	if k.age > 0 && time.Since(e.made) > k.age {
		k.remove(element)
		return value, false
	}
	k.order.MoveToFront(element)
	return e.value, true
}

func (k *kept[V]) put(key string, value V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if element, ok := k.byKey[key]; ok {
		k.remove(element)
	}
	k.byKey[key] = k.order.PushFront(&entry[V]{key, value, time.Now()})
	if k.order.Len() > k.most {
		k.remove(k.order.Back())
	}
}

func (k *kept[V]) remove(element *list.Element) {
	delete(k.byKey, element.Value.(*entry[V]).key)
	k.order.Remove(element)
}
