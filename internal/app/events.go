package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/notifications"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/webhooks"
)

// newEvents makes the events, and what they lead to: webhooks and mails.
func (a *App) newEvents() (err error) {
	s := a.settings
	a.Webhooks, err = webhooks.New(a.pool, webhooks.Settings{
		Log:      a.log,
		Secret:   []byte(s.SecretKey),
		Client:   safehttp.New(safehttp.Settings{Allowed: s.FetchAllowedNetworks}),
		Timeout:  s.WebhookTimeout,
		Insecure: s.Debug,
		Clock:    a.clock,
	})
	if err != nil {
		return err
	}
	a.notifications = notifications.New(a.pool, a.queue, a.mail, notifications.Settings{
		Shop: s.AppName, Secret: []byte(s.SecretKey), UnsubscribeURL: s.UnsubscribeBaseURL,
	})
	a.Events = events.NewDispatcher(a.pool, a.queue, a.log)
	a.Events.Listen(a.Webhooks.HandleEvents)
	a.Events.Listen(a.notifications.HandleEvents)
	return nil
}

// errUnderWay is returned by a stop that did not wait for all deliveries. They are retried.
var errUnderWay = errors.New("webhooks were still being delivered")

// deliverEvents dispatches events and delivers webhooks until stop.
func (a *App) deliverEvents(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { a.Events.Run(ctx) })
	running.Go(func() { a.Webhooks.Run(ctx) })
	return func() error {
		cancel()
		ended := make(chan struct{})
		go func() { running.Wait(); close(ended) }()
		select {
		case <-ended:
			return nil
		case <-time.After(a.settings.DrainTimeout):
			return errUnderWay
		}
	}
}
