package app

import (
	"context"

	"github.com/shopd/shopd/internal/platform/cache"
)

// catalogueChanges is notified of every committed change of what the public sees of the catalogue,
// so that no cached response, and no search, shows what was before.
type catalogueChanges struct {
	pages     *cache.Pages // nil if responses are not cached
	listeners []func()
}

// listen adds a listener. It must be called before the first notify.
func (c *catalogueChanges) listen(f func()) { c.listeners = append(c.listeners, f) }

// notify calls the listeners and drops cached responses.
func (c *catalogueChanges) notify(ctx context.Context) {
	for _, f := range c.listeners {
		f()
	}
	if c.pages != nil {
		c.pages.Forget(context.WithoutCancel(ctx))
	}
}
