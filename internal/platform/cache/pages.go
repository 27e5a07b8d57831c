package cache

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
)

// Limits of the cached pages.
const (
	maxLocalPages = 1000     // in the memory of this process, in addition to Redis
	maxPage       = 64 << 10 // bytes; larger responses are not cached
	maxKey        = 512      // bytes
)

// pauseAfterFailure is how long Redis is not called after a failure, so that requests do not wait
// for it.
const pauseAfterFailure = time.Second

// Page is a response, ready to be sent.
type Page struct {
	Made        time.Time
	ContentType string
	ETag        string // empty without one
	Body        []byte

	packed *atomic.Pointer[[]byte] // compressed; copies share it, nil if not cached
}

// Packed returns the body as pack compresses it. A page that is cached in this process is
// compressed once, so that one page serves clients that read gzip and others.
func (p Page) Packed(pack func([]byte) []byte) []byte {
	if p.packed == nil {
		return pack(p.Body)
	}
	if packed := p.packed.Load(); packed != nil {
		return *packed
	}
	packed := pack(p.Body)
	p.packed.Store(&packed)
	return packed
}

// Pages caches responses that many clients request. Every page is stored with the version of the
// catalogue it shows, and every change of the catalogue makes a new version: one write to Redis
// invalidates all pages in every process. Pages are stored in Redis, and the most used ones also in
// the memory of the process, where a use reads only the version from Redis. While Redis is out of
// reach nothing is cached.
type Pages struct {
	redis    redis.UniversalClient
	prefix   string
	versions *versions
	local    *lru.Cache[string, stored]
	behind   atomic.Bool  // a new version could not be written to Redis yet
	paused   atomic.Int64 // unix nanoseconds until which Redis is not called

	Hits, Misses, Bypassed atomic.Int64
}

type stored struct {
	version string
	page    Page
	expires time.Time
}

// NewPages returns a cache whose keys in Redis begin with prefix.
func NewPages(client redis.UniversalClient, prefix string) *Pages {
	local, _ := lru.New[string, stored](maxLocalPages) // the size is not zero: no error
	p := &Pages{redis: client, prefix: prefix + "pages:", local: local}
	p.versions = &versions{read: p.readVersion}
	return p
}

// Get returns the page under key and the current version, to pass to Put if the page is not found.
// The version is empty if nothing can be cached now: Put then does nothing.
func (p *Pages) Get(ctx context.Context, key string) (page Page, version string, found bool) {
	if len(key) > maxKey || sinceStart() < p.paused.Load() ||
		(p.behind.Load() && !p.catchUp(ctx)) {
		p.Bypassed.Add(1)
		return Page{}, "", false
	}
	version, err := p.versions.current(ctx)
	if err != nil {
		p.failed(ctx)
		p.Bypassed.Add(1)
		return Page{}, "", false
	}
	if local, ok := p.local.Get(key); ok && local.version == version &&
		time.Now().Before(local.expires) {
		p.Hits.Add(1)
		return local.page, version, true
	}
	if page, ok := p.shared(ctx, key, version); ok {
		p.Hits.Add(1)
		return page, version, true
	}
	p.Misses.Add(1)
	return Page{}, version, false
}

// shared reads a page from Redis, where another process may have stored it.
func (p *Pages) shared(ctx context.Context, key, version string) (Page, bool) {
	pipe := p.redis.Pipeline()
	data := pipe.Get(ctx, p.prefix+key)
	left := pipe.PTTL(ctx, p.prefix+key)
	if _, err := pipe.Exec(ctx); err != nil {
		if !errors.Is(err, redis.Nil) {
			p.failed(ctx)
		}
		return Page{}, false
	}
	madeUnder, page, ok := decode([]byte(data.Val()))
	if !ok || madeUnder != version || left.Val() <= 0 {
		return Page{}, false
	}
	page.packed = new(atomic.Pointer[[]byte])
	p.local.Add(key, stored{version, page, time.Now().Add(left.Val())})
	return page, true
}

// Put stores a page that was made after Get returned version. It is shown for at most lifetime.
func (p *Pages) Put(ctx context.Context, key, version string, page Page, lifetime time.Duration) {
	if version == "" || len(page.Body) > maxPage || lifetime < time.Millisecond {
		return
	}
	page.packed = new(atomic.Pointer[[]byte])
	p.local.Add(key, stored{version, page, time.Now().Add(lifetime)})
	if err := p.redis.Set(ctx, p.prefix+key, encode(version, page), lifetime).Err(); err != nil {
		p.failed(ctx)
	}
}

// Forget invalidates all pages by making a new version. If Redis is out of reach, this process uses
// no cached page until the version is written; other processes may show theirs until they expire.
func (p *Pages) Forget(ctx context.Context) {
	p.behind.Store(true)
	p.catchUp(ctx)
}

func (p *Pages) catchUp(ctx context.Context) bool {
	if err := p.redis.Set(ctx, p.prefix+"version", rand.Text(), 0).Err(); err != nil {
		p.failed(ctx)
		return false
	}
	p.behind.Store(false)
	return true
}

// readVersion reads the version, and makes one if Redis has lost it. Versions are random, so that a
// new one is never equal to that of an old page.
func (p *Pages) readVersion(ctx context.Context) (string, error) {
	version, err := p.redis.Get(ctx, p.prefix+"version").Result()
	if !errors.Is(err, redis.Nil) {
		return version, err
	}
	if err := p.redis.SetNX(ctx, p.prefix+"version", rand.Text(), 0).Err(); err != nil {
		return "", err
	}
	return p.redis.Get(ctx, p.prefix+"version").Result()
}

// failed pauses calls to Redis, unless the call failed because the caller cancelled it.
func (p *Pages) failed(ctx context.Context) {
	if ctx.Err() == nil {
		p.paused.Store(sinceStart() + int64(pauseAfterFailure))
	}
}

// encode returns a page with its version as bytes: three strings, each after its length in one
// byte, then the time and the body.
func encode(version string, page Page) []byte {
	data := make([]byte, 0, len(version)+len(page.ContentType)+len(page.ETag)+len(page.Body)+16)
	for _, text := range []string{version, page.ContentType, page.ETag} {
		data = append(append(data, byte(len(text))), text...)
	}
	data = binary.BigEndian.AppendUint64(data, uint64(page.Made.Unix()))
	return append(data, page.Body...)
}

func decode(data []byte) (version string, page Page, ok bool) {
	for _, text := range []*string{&version, &page.ContentType, &page.ETag} {
		if len(data) == 0 || len(data) < 1+int(data[0]) {
			return "", Page{}, false
		}
		*text, data = string(data[1:1+data[0]]), data[1+data[0]:]
	}
	if len(data) < 8 {
		return "", Page{}, false
	}
	page.Made, page.Body = time.Unix(int64(binary.BigEndian.Uint64(data)), 0), data[8:]
	return version, page, true
}

var started = time.Now()

// sinceStart returns nanoseconds that no change of the system's clock moves.
func sinceStart() int64 { return int64(time.Since(started)) }
