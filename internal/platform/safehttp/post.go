package safehttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ErrSlow is returned if a server did not respond in time.
var ErrSlow = errors.New("the address did not answer in time")

// Response is the response to a Post, with any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // its beginning
}

// Post sends content to rawURL and returns the response, with at most maxBytes of its body. The
// rest of the body is not read; if the connection is lost, the body ends there. Redirects are not
// followed. The error is ErrRefused, ErrSlow if the response takes longer than within, or that of
// ctx.
func (c *Client) Post(
	ctx context.Context, rawURL string, header http.Header, content []byte, within time.Duration,
	maxBytes int64,
) (Response, error) {
	u, err := parse(rawURL)
	if err != nil {
		return Response{}, err
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	request, err := http.NewRequestWithContext(
		limited, http.MethodPost, u.String(), bytes.NewReader(content),
	)
	if err != nil {
		return Response{}, &refusal{err}
	}
	request.Header = header.Clone()
	request.Header.Set("User-Agent", "shopd")
	response, err := c.poster.Do(request)
	if err != nil {
		if ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			return Response{}, ErrSlow
		}
		return Response{}, hide(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBytes))
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return Response{}, ErrSlow
	}
	return Response{Status: response.StatusCode, Header: response.Header, Body: body}, ctx.Err()
}
