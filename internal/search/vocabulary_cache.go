package search

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopd/shopd/internal/platform/request"
)

// vocabularyAge is how old the copy of the vocabulary may be before the database is asked whether
// it changed. vocabularyDoubt is how long after a change it is read once more, because a
// transaction may have increased the version before others could see its words.
const (
	vocabularyAge   = 2 * time.Second
	vocabularyDoubt = 10 * time.Second
)

// vocabularyCache holds the words of the catalogue in memory, so that a query is corrected before
// it is embedded, and searching is one statement. Words newer than the copy are searched as typed.
type vocabularyCache struct {
	current atomic.Pointer[vocabulary]
	stale   atomic.Bool
	reading sync.Mutex
}

// Forget makes the next search check whether the vocabulary changed.
func (s *Search) Forget() { s.vocabulary.stale.Store(true) }

// words returns the vocabulary. A copy is returned at once and updated in the background, unless
// the catalogue is known to have changed since: responses are cached under the catalogue's version,
// so none may be made from older words.
func (s *Search) words(ctx context.Context) (*vocabulary, error) {
	cache := &s.vocabulary
	have := cache.current.Load()
	if cache.isOlderThan(ctx, have) {
		cache.reading.Lock()
		defer cache.reading.Unlock()
		if have = cache.current.Load(); cache.isOlderThan(ctx, have) {
			return s.readWords(ctx)
		}
		return have, nil
	}
	if time.Since(time.Unix(0, have.asked.Load())) > vocabularyAge && cache.reading.TryLock() {
		s.running.Go(func() {
			defer cache.reading.Unlock()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if _, err := s.readWords(ctx); err != nil {
				s.settings.Log.WarnContext(ctx, "search vocabulary not read", "error", err.Error())
			}
		})
	}
	return have, nil
}

// isOlderThan reports whether the catalogue changed since the copy was read or compared: this
// process changed it, or the request has another version of the catalogue.
func (c *vocabularyCache) isOlderThan(ctx context.Context, have *vocabulary) bool {
	if have == nil || c.stale.Load() {
		return true
	}
	version := request.From(ctx).CatalogueVersion
	return version != "" && version != *have.catalogue.Load()
}

// readWords reads the vocabulary if it changed. The caller holds the lock.
func (s *Search) readWords(ctx context.Context) (*vocabulary, error) {
	cache := &s.vocabulary
	catalogue := request.From(ctx).CatalogueVersion // read before the words
	stale := cache.isOlderThan(ctx, cache.current.Load())
	wasForgotten := cache.stale.Swap(false)
	fail := func(err error) (*vocabulary, error) {
		if wasForgotten {
			cache.stale.Store(true)
		}
		return nil, err
	}
	version, err := s.queries.GetSearchVersion(ctx)
	if err != nil {
		return fail(err)
	}
	have, now := cache.current.Load(), time.Now()
	doubted := now.Add(vocabularyDoubt)
	if have != nil && have.version == version {
		if have.doubted.IsZero() || now.Before(have.doubted) && !stale {
			have.asked.Store(now.UnixNano())
			have.catalogue.Store(&catalogue)
			return have, nil
		}
		if now.After(have.doubted) {
			doubted = time.Time{}
		}
	}
	next, err := s.loadWords(ctx)
	if err != nil {
		return fail(err)
	}
	next.version, next.doubted = version, doubted
	next.asked.Store(now.UnixNano())
	next.catalogue.Store(&catalogue)
	cache.current.Store(next)
	return next, nil
}

func (s *Search) loadWords(ctx context.Context) (*vocabulary, error) {
	rows, err := s.queries.ListSearchWords(ctx)
	if err != nil {
		return nil, err
	}
	products, err := s.queries.CountSearchedProducts(ctx)
	if err != nil {
		return nil, err
	}
	names, err := s.queries.ListSearchNames(ctx)
	if err != nil {
		return nil, err
	}
	synonyms, err := s.queries.ListAllSynonyms(ctx)
	if err != nil {
		return nil, err
	}
	return newVocabulary(rows, products, names, synonyms), nil
}
