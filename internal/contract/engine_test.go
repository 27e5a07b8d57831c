package contract_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/internal/apitest"
)

// engine makes the calls that a generator draws, and checks the responses against the contract.
type engine struct {
	*generator
	shop       *apitest.Shop
	contract   *apitest.Contract
	operations []*operation
	figures    *figures
	findings   map[string]bool // signatures of earlier findings, which are not reported again
}

// newEngine prepares a shop. The contract may differ from what the server was built from.
func newEngine(t testing.TB, shop *apitest.Shop, contract *apitest.Contract) *engine {
	operations := readOperations(contract.Spec)
	known := newKnown(collectionsOf(operations))
	e := &engine{
		shop:       shop,
		contract:   contract,
		operations: operations,
		figures:    newFigures(),
		findings:   map[string]bool{},
		generator: &generator{
			known:   known,
			methods: methodsOf(operations),
			people:  gather(t, shop, known),
			picture: picture(),
		},
	}
	pictures := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(e.picture)
	}))
	t.Cleanup(pictures.Close)
	e.fresh = freshThings(t, e.people)
	e.pictures = pictures.URL
	return e
}

func picture() []byte {
	pixels := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	pixels.Set(1, 1, color.NRGBA{R: 200, A: 255})
	var text bytes.Buffer
	_ = png.Encode(&text, pixels) // a buffer does not fail
	return text.Bytes()
}

func (e *engine) ran(check string) { e.figures.checks[check]++ }

// once draws a call, makes it and checks the response. A finding fails the property, which rapid
// then shrinks.
func (e *engine) once(t *rapid.T, op *operation) {
	c := e.draw(t, op)
	v, r := e.try(c)
	if v == nil || e.findings[signature(c, v, r)] {
		if v != nil {
			e.figures.repeated++
		}
		return
	}
	e.figures.last = &finding{c, v, r}
	t.Fatalf("%s: %s", v.Check, v.Detail)
}

var numbers = regexp.MustCompile(`[0-9]+`)

// signature returns what distinguishes a finding from others.
func signature(c *call, v *apitest.Violation, r reply) string {
	return strings.Join(
		[]string{
			c.op.id, c.label(), v.Check, fmt.Sprint(r.status), r.code,
			numbers.ReplaceAllString(r.fields, "0"),
		},
		"|",
	)
}

// try makes a call and returns what it violates, if anything.
func (e *engine) try(c *call) (*apitest.Violation, reply) {
	request, err := c.request(e.shop.URL())
	if err != nil {
		return violated("generator", "%v", err), reply{}
	}
	if v := e.checkGenerator(c, request); v != nil {
		return v, reply{}
	}
	r, v := e.send(c, request)
	if v == nil {
		v = e.judge(c, request, r)
	}
	if v != nil && v.Check == positiveDataAcceptance && r.status == http.StatusUnauthorized &&
		c.actor != nil { // another call ended the session
		e.people.logIn(c.actor)
		if request, err = c.request(e.shop.URL()); err == nil {
			if r, v = e.send(c, request); v == nil {
				v = e.judge(c, request, r)
			}
		}
	}
	if v == nil && c.defect == "" {
		v = e.follow(c, r)
	}
	return v, r
}

// checkGenerator checks by another reader of the contract whether the request is valid, or not, as
// the generator says.
func (e *engine) checkGenerator(c *call, request *http.Request) *apitest.Violation {
	if c.kind != "valid" && c.kind != "body" {
		return nil
	}
	err := e.contract.ValidRequest(request, c.body)
	if c.kind == "valid" && err != nil && !errors.Is(err, apitest.ErrNoOperation) {
		return violated("generator", "a valid request is against the contract: %v", err)
	}
	// The validator does not check dates against the calendar, and compares integers as
	// floating-point numbers. The server must do better.
	if c.kind == "body" && err == nil && !strings.Contains(c.defect, "date-time") &&
		!strings.HasSuffix(c.defect, "above the maximum") {
		return violated("generator", "a broken request is not against the contract: %s", c.defect)
	}
	return nil
}

var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (e *engine) send(c *call, request *http.Request) (reply, *apitest.Violation) {
	started := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return reply{}, violated(notAServerError, "no answer: %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, violated(notAServerError, "half an answer: %v", err)
	}
	e.figures.count(c, response.StatusCode, time.Since(started))
	return readReply(response.StatusCode, response.Header, body), nil
}

// follow learns from a response, and checks that what was created exists and what was deleted does
// not.
func (e *engine) follow(c *call, r reply) *apitest.Violation {
	if r.status >= 300 {
		return nil
	}
	if tag := r.header.Get("ETag"); tag != "" {
		e.known.tags[c.address] = tag
	}
	if !slices.Contains(fleeting, c.op.id) {
		e.known.learn(c, c.address, r.body)
	}
	switch {
	case c.method == http.MethodPost && r.status == http.StatusCreated:
		if location := r.header.Get("Location"); location != "" {
			return e.mustReturn(c, location, http.StatusOK, ensureResourceAvailability)
		}
		if id := idOf(r.body); id != "" {
			return e.mustReturn(
				c, c.address+"/"+url.PathEscape(id), http.StatusOK, ensureResourceAvailability,
			)
		}
	case c.method == http.MethodDelete && len(c.ids) > 0:
		names := c.op.pathParameters()
		last := names[len(names)-1]
		e.known.forget(c.op.keyOf(last, e.known.collections), c.ids[last])
		delete(e.known.tags, c.address)
		if staysReadable[c.op.id] {
			return nil
		}
		address := c.address
		if public := goneAt[c.op.id]; public != "" {
			address = public + c.ids[last]
		}
		return e.mustReturn(c, address, http.StatusNotFound, useAfterFree)
	}
	return nil
}

// staysReadable are deletions after which a thing can still be read: the audit log refers to it.
var staysReadable = map[string]bool{"revokeAPIKey": true}

// goneAt are the public addresses of things that their own address still shows after they were
// deleted, so that staff can restore them.
var goneAt = map[string]string{"deleteProduct": "/api/v1/products/"}

// mustReturn reads what a call created or deleted, if the contract has a GET for it, and requires a
// status.
func (e *engine) mustReturn(c *call, address string, status int, check string) *apitest.Violation {
	request, err := http.NewRequest(http.MethodGet, e.shop.URL()+address, nil)
	if err != nil {
		return violated(check, "%v", err)
	}
	if e.contract.ValidRequest(request, nil) != nil {
		return nil //nolint:nilerr // there is no GET
	}
	if c.actor != nil {
		request.Header.Set("Authorization", "Bearer "+c.actor.token)
	}
	look := &call{op: c.op, kind: "follow-up"}
	r, v := e.send(look, request)
	if v != nil {
		return v
	}
	e.ran(check)
	if r.status != status {
		return violated(
			check, "then GET %s returns %d, not %d: %.200s", address, r.status, status, r.body,
		)
	}
	return nil
}

func idOf(body []byte) string {
	var made struct{ ID, Code any }
	decoder := newDecoder(body)
	if decoder.Decode(&made) != nil || made.ID == nil {
		return ""
	}
	return asText(made.ID)
}

// check runs the property of one operation a number of times and returns the finding, if any,
// shrunk by rapid.
func (e *engine) check(op *operation, seed uint64, times int) *finding {
	e.figures.last = nil
	if !holds(seed, times, func(t *rapid.T) { e.once(t, op) }) && e.figures.last != nil {
		found := e.figures.last
		e.findings[signature(found.call, found.violation, found.reply)] = true
		return found
	}
	return nil
}

// feedToken is the token of the feed for Google.
const feedToken = "a-token-of-the-feed"

// calm returns the settings of a shop that is called often and by many at once.
func calm() []apitest.Setting {
	return []apitest.Setting{
		{
			Name:  "LOG_LEVEL",
			Value: "error",
		},
		{Name: "ACCESS_TOKEN_EXPIRE_MINUTES", Value: "1440"},
		{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
		{
			Name:  "FETCH_ALLOWED_NETWORKS",
			Value: "127.0.0.0/8",
		},
		{Name: "LOGIN_FREE_FAILURES", Value: "0"},
		{Name: "FEED_TOKEN", Value: feedToken},
	}
}

func readContract(t testing.TB, text []byte) *apitest.Contract {
	t.Helper()
	contract, err := apitest.ReadContract(text)
	require.NoError(t, err)
	return contract
}
