package apitest

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Rate is what a server answered under load.
type Rate struct {
	PerSecond     float64
	P50, P95, P99 time.Duration
}

// Load sends requests on so many connections for a time, on each one after the other. path returns
// the i-th path of all. The client uses little CPU, since it shares the machine with the server.
// Every status except 200 fails the test.
func Load(
	t testing.TB, base string, connections int, turn time.Duration, path func(i int) string,
) Rate {
	t.Helper()
	address := strings.TrimPrefix(base, "http://")
	took := make([][]time.Duration, connections)
	var all sync.WaitGroup
	started := time.Now()
	for c := range connections {
		all.Go(func() {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			reader := bufio.NewReaderSize(conn, 64<<10)
			for i := c; time.Since(started) < turn; i += connections {
				asked := time.Now()
				if err := exchange(
					conn, reader, []byte("GET "+path(i)+" HTTP/1.1\r\nHost: "+address+"\r\n\r\n"),
				); err != nil {
					t.Errorf("%s: %v", path(i), err)
					return
				}
				took[c] = append(took[c], time.Since(asked))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(started).Seconds()
	every := slices.Concat(took...)
	if len(every) == 0 {
		return Rate{}
	}
	slices.Sort(every)
	at := func(percent int) time.Duration {
		return every[min(
			len(every)-1, len(every)*percent/100,
		)]
	}
	return Rate{PerSecond: float64(len(every)) / elapsed, P50: at(50), P95: at(95), P99: at(99)}
}

// exchange sends a request and reads its response.
func exchange(conn net.Conn, reader *bufio.Reader, request []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	head := textproto.NewReader(reader)
	status, err := head.ReadLine()
	if err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") {
		return fmt.Errorf("answered %s", status)
	}
	length, chunked := int64(-1), false
	for {
		line, err := head.ReadLine()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		if value, found := strings.CutPrefix(line, "Content-Length: "); found {
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return err
			}
		}
		chunked = chunked || line == "Transfer-Encoding: chunked"
	}
	if !chunked {
		_, err = reader.Discard(int(length))
		return err
	}
	for {
		line, err := head.ReadLine()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(line, 16, 64)
		if err != nil {
			return err
		}
		if _, err := reader.Discard(int(size) + 2); err != nil || size == 0 {
			return err
		}
	}
}
