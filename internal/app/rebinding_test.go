package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// elsewhere is a public address without a server behind it: a sink of the DNS (RFC 7535).
var elsewhere = netip.MustParseAddr("2620:4f:8000::1")

// names is a DNS server. The first time it is asked for a name, the name means a public address;
// later it means this machine. A name that begins with "both" means both from the beginning.
type names struct {
	conn net.PacketConn

	mu    sync.Mutex
	asked map[string]int // by name and type
}

func serveNames(t *testing.T) *names {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	n := &names{conn: conn, asked: map[string]int{}}
	go func() {
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := n.answer(buffer[:size]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return n
}

func (n *names) answer(query []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	key := question.Name.String() + question.Type.String()
	n.mu.Lock()
	isFirst := n.asked[key] == 0
	n.asked[key]++
	n.mu.Unlock()
	var addresses []netip.Addr
	both := strings.HasPrefix(question.Name.String(), "both")
	if question.Type == dnsmessage.TypeAAAA && (isFirst || both) {
		addresses = append(addresses, elsewhere)
	}
	if question.Type == dnsmessage.TypeA && (!isFirst || both) {
		addresses = append(addresses, netip.MustParseAddr("127.0.0.1"))
	}
	header.Response, header.RecursionAvailable = true, true
	builder := dnsmessage.NewBuilder(nil, header)
	if err := builder.StartQuestions(); err != nil {
		return nil, err
	}
	if err := builder.Question(question); err != nil {
		return nil, err
	}
	if err := builder.StartAnswers(); err != nil {
		return nil, err
	}
	resource := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class}
	for _, address := range addresses {
		if address.Is4() {
			err = builder.AResource(resource, dnsmessage.AResource{A: address.As4()})
		} else {
			err = builder.AAAAResource(resource, dnsmessage.AAAAResource{AAAA: address.As16()})
		}
		if err != nil {
			return nil, err
		}
	}
	return builder.Finish()
}

// lookups returns how often a name was asked for.
func (n *names) lookups(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name+"."+dnsmessage.TypeA.String()]
}

// startImport, createProductImage, createWebhook: a name that means a public address when it is
// looked at, and this machine when it is used, leads nowhere. What is checked is the address of
// each connection. It does not run in parallel: it replaces the resolver of the process.
func TestNamesThatAreRebound(t *testing.T) {
	server := serveNames(t)
	resolver := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", server.conn.LocalAddr().String())
		},
	}
	defer func() { net.DefaultResolver = resolver }()
	var reached atomic.Int64
	canary := httptest.NewUnstartedServer(http.NotFoundHandler())
	canary.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			reached.Add(1)
		}
	}
	port := ""
	// A port that public servers may have, if this user may listen on it.
	if listener, err := net.Listen("tcp", "127.0.0.1:80"); err == nil {
		_ = canary.Listener.Close()
		canary.Listener = listener
	} else {
		port = canary.Listener.Addr().String()[len("127.0.0.1"):]
	}
	canary.Start()
	defer canary.Close()

	shop := apitest.New(t)
	admin := shop.Admin()
	product := admin.Product(apitest.Fields{"stock": 5})
	for kind, use := range map[string]func(url string){
		"import": func(url string) {
			var started api.Import
			admin.Post("/api/v1/admin/imports", apitest.Fields{"url": url}).
				Want(http.StatusAccepted).Into(&started)
			_, err := shop.App.Feeds.RunImport(
				t.Context(), started.ID, time.Now().Add(time.Minute), nil,
			)
			require.NoError(t, err)
			admin.Get(fmt.Sprintf("/api/v1/admin/imports/%d", started.ID)).Into(&started)
			assert.Equal(t, api.ImportStatusFailed, started.Status)
		},
		"image": func(url string) {
			admin.Post(
				fmt.Sprintf("/api/v1/admin/products/%d/images", product.ID),
				apitest.Fields{"url": url},
			).Problem(http.StatusUnprocessableEntity, "url_refused")
		},
		"webhook": func(url string) {
			admin.Post("/api/v1/admin/webhooks", apitest.Fields{
				"url": url, "events": []string{"product.updated"},
			}).Want(http.StatusCreated)

			admin.Patch(fmt.Sprintf("/api/v1/admin/products/%d", product.ID),
				apitest.Fields{"description": url}).Want(http.StatusOK)
			require.NoError(t, shop.App.Events.Dispatch(t.Context()))
			require.NoError(t, shop.App.Webhooks.Deliver(t.Context()))
		},
	} {
		for _, how := range []string{"later", "both"} {
			name := how + "-" + kind + ".example.com"
			url := "http://" + name + port + "/feed.csv"
			use(url)
			use(url)
			if kind == "webhook" { // the first delivery is tried again
				shop.Exec(
					"UPDATE webhook_deliveries SET next_attempt_at = now(), leased_until = NULL",
				)
				require.NoError(t, shop.App.Webhooks.Deliver(t.Context()))
			}
			assert.GreaterOrEqual(t, server.lookups(name), 2, name)
		}
	}
	assert.Zero(t, reached.Load(), "connections to this machine")

	// The same names lead here where that is allowed: what is refused above is the address.
	allowing := shop.Restart(apitest.Setting{Name: "FETCH_ALLOWED_NETWORKS", Value: "127.0.0.0/8"})
	allowing.As(admin.Token()).Post(
		fmt.Sprintf("/api/v1/admin/products/%d/images", product.ID),
		apitest.Fields{"url": "http://later-image.example.com" + port + "/"},
	).Want(http.StatusUnprocessableEntity)
	assert.Positive(t, reached.Load())
}
