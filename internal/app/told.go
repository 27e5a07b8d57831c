package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/notifications"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/webhooks"
)

// told is what follows from what happens in the shop.
type told struct {
	board         *events.Board
	webhooks      *webhooks.Webhooks
	notifications *notifications.Notifications
}

// newTold makes who is told of what happens.
func (a *App) newTold(sender mail.Sender, workers *river.Workers) (err error) {
	s := a.settings
	a.told.webhooks, err = webhooks.New(a.pool, webhooks.Settings{
		Log:      a.log,
		Secret:   []byte(s.SecretKey),
		Client:   safehttp.New(safehttp.Settings{Allowed: s.FetchAllowedNetworks}),
		Timeout:  s.WebhookTimeout,
		Insecure: s.Debug,
	})
	if err != nil {
		return err
	}
	a.told.notifications = notifications.New(a.pool, sender, notifications.Settings{
		Shop: s.AppName, Secret: []byte(s.SecretKey), UnsubscribeURL: s.UnsubscribeBaseURL,
	})
	a.told.notifications.AddWorkers(workers)
	a.told.board = events.New(a.pool, a.queue, a.log)
	a.told.board.Listen(a.told.webhooks.Hear)
	a.told.board.Listen(a.told.notifications.Hear)
	a.told.board.AddWorkers(workers)
	a.queue.Every(time.Hour, events.Purge{})
	return nil
}

// errUnderWay is a stop that did not wait for all deliveries. They are made again.
var errUnderWay = errors.New("webhooks were still being delivered")

// start tells of events and delivers webhooks until stop.
func (t told) start(ctx context.Context, drain time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { t.board.Run(ctx) })
	running.Go(func() { t.webhooks.Run(ctx) })
	return func() error {
		cancel()
		ended := make(chan struct{})
		go func() { running.Wait(); close(ended) }()
		select {
		case <-ended:
			return nil
		case <-time.After(drain):
			return errUnderWay
		}
	}
}

// Events tells of what happened, by hand.
func (a *App) Events() *events.Board { return a.told.board }

// Webhooks delivers them, by hand.
func (a *App) Webhooks() *webhooks.Webhooks { return a.told.webhooks }
