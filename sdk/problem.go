package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/shopd/shopd/gen/client"
)

// Problem is an error of the server (RFC 9457). Code is for programs, Detail for people. Errors has
// the fields that are not valid. RequestID identifies the call in the shop's log.
type Problem struct {
	client.Problem
	RetryAfter time.Duration // when to try again; 0 if the server did not say
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%s (%s, request %s)", p.Detail, p.Code, p.RequestID)
}

// HasCode reports whether an error is a problem of a code, such as insufficient_stock.
func HasCode(err error, code string) bool {
	problem, ok := errors.AsType[*Problem](err)
	return ok && problem.Code == code
}

// maxProblem is how many bytes of an error are read.
const maxProblem = 1 << 20

// readProblem reads a response and closes it. A body that is no problem, such as a proxy's page,
// becomes one with the code http_502 or the like.
func readProblem(response *http.Response) *Problem {
	defer func() { _ = response.Body.Close() }()
	p := &Problem{RetryAfter: retryAfter(response)}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if err == nil && json.Unmarshal(text, &p.Problem) == nil && p.Code != "" {
		return p
	}
	p.Problem = client.Problem{
		Type:      "about:blank",
		Title:     http.StatusText(response.StatusCode),
		Status:    int32(response.StatusCode), //nolint:gosec // a status has three digits
		Code:      fmt.Sprintf("http_%d", response.StatusCode),
		Detail:    fmt.Sprintf("The server answered %s without saying why.", response.Status),
		RequestID: response.Header.Get("X-Request-Id"),
	}
	return p
}

// retryAfter returns the wait of the header Retry-After, which is in seconds or a date.
func retryAfter(response *http.Response) time.Duration {
	header := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
