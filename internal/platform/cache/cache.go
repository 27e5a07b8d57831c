// Package cache connects to Redis, which holds only what may be lost: counters and copies. Short
// time limits keep a slow or absent Redis from slowing the shop.
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

// Open makes a client. It does not wait for the server.
func Open(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New(
			"REDIS_URL: not a valid Redis URL",
		) // the cause would show the password
	}
	options.ClientName = "shopd"
	options.DialTimeout = 500 * time.Millisecond
	options.ReadTimeout = 200 * time.Millisecond
	options.WriteTimeout = 200 * time.Millisecond
	options.PoolTimeout = 200 * time.Millisecond
	options.MaxRetries = 1
	options.DialerRetries = 1 // else five for each call, with a pause after each, while no server listens
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	return redis.NewClient(options), nil
}

// The client logs every failed dial by itself; its caller knows better what that means.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// Check returns an error when Redis is out of reach or takes nothing more.
func Check(ctx context.Context, client redis.UniversalClient, prefix string) error {
	if err := client.Set(ctx, prefix+"check", "ok", time.Minute).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// Facts are what Redis says of itself.
type Facts struct {
	Version string
	Memory  int64 // bytes
	Keys    int64 // in the database, also those of others
}

// Describe asks Redis about itself.
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
