// Package cache connects to Redis, and caches pages there. Redis holds only data that may be lost:
// counters and copies. Calls time out early, so that a slow or absent Redis does not slow the shop.
package cache

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Open returns a client for an address such as redis://localhost:6379/0. It does not connect yet.
func Open(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		// The cause is left out: it would show the password.
		return nil, errors.New("REDIS_URL: not a valid Redis URL")
	}
	options.ClientName = "shopd"
	options.DialTimeout = 500 * time.Millisecond
	options.ReadTimeout = 200 * time.Millisecond
	options.WriteTimeout = 200 * time.Millisecond
	options.PoolTimeout = 200 * time.Millisecond
	options.MaxRetries = 1
	options.DialerRetries = 1 // the default is five per call, with a pause after each
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return redis.NewClient(options), nil
}

// The client would log every failed dial. Its callers decide what to log.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// Check returns an error if Redis is out of reach or accepts no writes.
func Check(ctx context.Context, client redis.UniversalClient, prefix string) error {
	if err := client.Set(ctx, prefix+"check", "ok", time.Minute).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// Facts describe a Redis server.
type Facts struct {
	Version string
	Memory  int64 // bytes
	Keys    int64 // in the database, including those of other programs
}

// Describe reads the facts from Redis.
func Describe(ctx context.Context, client redis.UniversalClient) (Facts, error) {
	var facts Facts
	text, err := client.Info(ctx).Result()
	if err != nil {
		return facts, fmt.Errorf("redis: %w", err)
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "redis_version":
			facts.Version = value
		case "used_memory":
			facts.Memory, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil {
			return facts, fmt.Errorf("redis: %w", err)
		}
	}
	facts.Keys, err = client.DBSize(ctx).Result()
	return facts, err
}
