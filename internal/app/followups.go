package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/notifications"
	"github.com/shopd/shopd/internal/platform/mail"
	"github.com/shopd/shopd/internal/platform/safehttp"
	"github.com/shopd/shopd/internal/webhooks"
)

// followUps is what follows from events: webhook deliveries and mails.
type followUps struct {
	dispatcher    *events.Dispatcher
	webhooks      *webhooks.Webhooks
	notifications *notifications.Notifications
}

// newFollowUps makes the domains that listen to events.
func (a *App) newFollowUps(sender mail.Sender) (err error) {
	s := a.settings
	a.followUps.webhooks, err = webhooks.New(a.pool, webhooks.Settings{
		Log:      a.log,
		Secret:   []byte(s.SecretKey),
		Client:   safehttp.New(safehttp.Settings{Allowed: s.FetchAllowedNetworks}),
		Timeout:  s.WebhookTimeout,
		Insecure: s.Debug,
	})
	if err != nil {
		return err
	}
	a.followUps.notifications = notifications.New(
		a.pool, a.queue, sender, notifications.Settings{
			Shop: s.AppName, Secret: []byte(s.SecretKey), UnsubscribeURL: s.UnsubscribeBaseURL,
		},
	)
	a.followUps.dispatcher = events.NewDispatcher(a.pool, a.queue, a.log)
	a.followUps.dispatcher.Listen(a.followUps.webhooks.HandleEvents)
	a.followUps.dispatcher.Listen(a.followUps.notifications.HandleEvents)
	return nil
}

// errUnderWay means that a stop did not wait for all deliveries. They are repeated.
var errUnderWay = errors.New("webhooks were still being delivered")

// start dispatches events and delivers webhooks until stop.
func (f followUps) start(ctx context.Context, drain time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { f.dispatcher.Run(ctx) })
	running.Go(func() { f.webhooks.Run(ctx) })
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

// Events dispatches events, for tests.
func (a *App) Events() *events.Dispatcher { return a.followUps.dispatcher }

// Webhooks delivers webhooks, for tests.
func (a *App) Webhooks() *webhooks.Webhooks { return a.followUps.webhooks }
