package guard

import (
	"container/list"
	"sync"
	"time"
)

// cache holds the entries that were used last.
type cache[V any] struct {
	mu    sync.Mutex
	most  int
	age   time.Duration // 0: no limit
	order *list.List    // of *entry[V], the last used first
	byKey map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
	made  time.Time
}

func newCache[V any](most int, age time.Duration) *cache[V] {
	return &cache[V]{most: most, age: age, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache[V]) get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	e := element.Value.(*entry[V])
	if c.age > 0 && time.Since(e.made) > c.age {
		c.remove(element)
		return value, false
	}
	c.order.MoveToFront(element)
	return e.value, true
}

func (c *cache[V]) put(key string, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.byKey[key]; ok {
		c.remove(element)
	}
	c.byKey[key] = c.order.PushFront(&entry[V]{key, value, time.Now()})
	if c.order.Len() > c.most {
		c.remove(c.order.Back())
	}
}

func (c *cache[V]) remove(element *list.Element) {
	delete(c.byKey, element.Value.(*entry[V]).key)
	c.order.Remove(element)
}
