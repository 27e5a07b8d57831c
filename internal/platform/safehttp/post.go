package safehttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ErrSlow is a server that did not answer in time.
var ErrSlow = errors.New("the address did not answer in time")

// Answer is what a server answered to a Post, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its beginning
}

// Post sends content to rawURL and answers what comes back within a time, and of its body so many
// bytes at most; a body that goes on is left unread, and one that breaks off ends there. Redirects
// are returns like any other: they are not followed. The error is ErrRefused, ErrSlow or that of
// ctx.
func (c *Client) Post(
	ctx context.Context, rawURL string, header http.Header, content []byte, within time.Duration,
	maxBytes int64,
) (Answer, error) {
	u, err := parse(rawURL)
	if err != nil {
		return Answer{}, err
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	request, err := http.NewRequestWithContext(
		limited, http.MethodPost, u.String(), bytes.NewReader(content),
	)
	if err != nil {
		return Answer{}, &refusal{err}
	}
	request.Header = header.Clone()
	request.Header.Set("User-Agent", "shopd")
	response, err := c.poster.Do(request)
	if err != nil {
		if ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			return Answer{}, ErrSlow
		}
		return Answer{}, hide(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBytes))
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return Answer{}, ErrSlow
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, ctx.Err()
}
