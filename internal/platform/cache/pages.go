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

// Limits of what is kept in this process, beside Redis.
const (
	maxLocalPages = 1000
	maxPage       = 64 << 10 // bytes; larger answers are not kept at all
	maxKey        = 512
)

// pauseAfterFailure is how long Redis is left alone after it failed, so that no answer waits for
// it.
const pauseAfterFailure = time.Second

// Page is an answer, ready to be sent.
type Page struct {
	Made        time.Time
	ContentType string
	ETag        string // empty without one
	Body        []byte
}

// Pages keeps answers that many people ask for. Every page belongs to the version of the catalogue
// it was made under, and every change of the catalogue makes another version: one write forgets all
// pages, in every process, and the next reader sees the change. Pages live in Redis, and the hot
// ones in this process too, where each use asks Redis for the version alone. Without Redis nothing
// is kept.
type Pages struct {
	redis    redis.UniversalClient
	prefix   string
	versions *versions
	local    *lru.Cache[string, stored]
	behind   atomic.Bool // a change is not in Redis yet
	paused   atomic.Int64

	Hits, Misses, Bypassed atomic.Int64
}

type stored struct {
	version string
	page    Page
	expires time.Time
}

// NewPages makes a store whose keys begin with prefix.
func NewPages(client redis.UniversalClient, prefix string) *Pages {
	local, _ := lru.New[string, stored](maxLocalPages) // the size is not zero: no error
	p := &Pages{redis: client, prefix: prefix + "pages:", local: local}
	p.versions = &versions{read: p.readVersion}
	return p
}

// Get returns the page under key and the version it would have to be made under now. The version is
// empty when nothing can be kept: the caller makes the page and sends it.
func (p *Pages) Get(ctx context.Context, key string) (page Page, version string, found bool) {
	if len(key) > maxKey || time.Now().UnixNano() < p.paused.Load() ||
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
	if kept, ok := p.local.Get(key); ok && kept.version == version &&
		time.Now().Before(kept.expires) {
		p.Hits.Add(1)
		return kept.page, version, true
	}
	if page, ok := p.shared(ctx, key, version); ok {
		p.Hits.Add(1)
		return page, version, true
	}
	p.Misses.Add(1)
	return Page{}, version, false
}

// shared looks for a page another process made.
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
	p.local.Add(key, stored{version, page, time.Now().Add(left.Val())})
	return page, true
}

// Put keeps a page made under a version, for at most as long as it may be shown.
func (p *Pages) Put(ctx context.Context, key, version string, page Page, lifetime time.Duration) {
	if version == "" || len(page.Body) > maxPage || lifetime < time.Millisecond {
		return
	}
	p.local.Add(key, stored{version, page, time.Now().Add(lifetime)})
	if err := p.redis.Set(ctx, p.prefix+key, encode(version, page), lifetime).Err(); err != nil {
		p.failed(ctx)
	}
}

// Forget makes another version: no page made before is shown after. When Redis is out of reach,
// this process shows no kept page until it can be, and others theirs for their lifetime at most.
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

// readVersion reads the version, and makes one when Redis has lost it. Versions are random, so that
// a new one never meets pages of an old one.
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

// failed leaves Redis alone for a moment, unless it was the caller who gave up.
func (p *Pages) failed(ctx context.Context) {
	if ctx.Err() == nil {
		p.paused.Store(time.Now().Add(pauseAfterFailure).UnixNano())
	}
}

// encode writes a page with the version it was made under: three texts of one byte of length each,
// the time, the body.
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
