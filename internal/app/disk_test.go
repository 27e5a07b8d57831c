//go:build linux

package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
	"github.com/shopd/shopd/internal/devstack"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// smallDisk is a file system of its own, in memory.
type smallDisk struct {
	t   *testing.T
	dir string
}

func mountSmallDisk(t *testing.T, megabytes int) smallDisk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	// The user that PostgreSQL runs as reaches this folder.
	dir, err := os.MkdirTemp("/var/tmp", "shopd-disk-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(dir) })
	size := fmt.Sprintf("size=%dm,mode=755", megabytes)
	if err := syscall.Mount("none", dir, "tmpfs", 0, size); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return smallDisk{t, dir}
}

func (d smallDisk) filler() string { return filepath.Join(d.dir, "filler") }

// fill leaves not a byte free.
func (d smallDisk) fill() {
	d.t.Helper()
	file, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(d.t, err)
	defer func() { _ = file.Close() }()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		require.ErrorIs(d.t, err, syscall.ENOSPC)
	}
}

func (d smallDisk) free() { require.NoError(d.t, os.Remove(d.filler())) }

// startServers starts PostgreSQL with its data on the disk, or again if it has died.
func (d smallDisk) startServers() *devstack.Servers {
	d.t.Helper()
	var servers *devstack.Servers
	var err error
	// A postmaster that is just dying still holds the directory.
	require.Eventually(d.t, func() bool {
		servers, err = devstack.Start(d.t.Context(), devstack.Options{Dir: d.dir})
		return err == nil
	}, 30*time.Second, 100*time.Millisecond, "%v", err)
	if servers.Origin != "native" {
		require.NoError(d.t, servers.Release())
		d.t.Skip("PostgreSQL's data is not on this machine")
	}
	return servers
}

// createOrder, register, updateProduct, listProducts: PostgreSQL's disk is full, first for tables
// and then for the log as well, at which PostgreSQL dies. Requests get 503, nothing acknowledged is
// lost, and all is well once there is room.
func TestPostgreSQLsDiskIsFull(t *testing.T) {
	t.Parallel()
	disk := mountSmallDisk(t, 400)
	servers := disk.startServers()
	stop := func() { assert.NoError(t, servers.Stop(context.WithoutCancel(t.Context()))) }
	defer func() { stop() }()
	require.NoError(t, postgres.Migrate(t.Context(), servers.DatabaseURL))
	shop := apitest.New(t).Restart(
		apitest.Setting{Name: "DATABASE_URL", Value: servers.DatabaseURL},
		apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: "0"},
	)
	require.NoError(t, shop.App.SeedAccounts(t.Context()))
	admin, ada := shop.Admin(), shop.Customer()
	product := admin.Product(apitest.Fields{"stock": 1_000_000})
	acknowledged := map[int64]bool{}
	order := func() int {
		answer := ada.Post("/api/v1/orders", apitest.Fields{
			"items": []apitest.Fields{{"product_id": product.ID, "quantity": 1}},
		})
		if answer.Status == http.StatusCreated {
			var made api.Order
			answer.Into(&made)
			acknowledged[made.ID] = true
		} else {
			assert.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s", answer)
			assert.NotEmpty(t, answer.Header.Get("Retry-After"))
		}
		return answer.Status
	}
	for range 20 {
		require.Equal(t, http.StatusCreated, order())
	}

	disk.fill()
	refused := 0
	for i := 0; i < 3000 && refused < 20; i++ {
		if order() != http.StatusCreated {
			refused++
		}
	}
	require.Equal(t, 20, refused, "tables cannot grow")
	shop.Get("/api/v1/products").Want(http.StatusOK)
	ada.Get("/api/v1/auth/me").Want(http.StatusOK)

	fillLog(t, servers.DatabaseURL)
	for range 20 {
		require.Equal(t, http.StatusServiceUnavailable, order())
	}

	disk.free()
	again := disk.startServers() // as a supervisor does, if PostgreSQL could not start by itself
	stop = func() {
		assert.NoError(t, servers.Release())
		assert.NoError(t, again.Stop(context.WithoutCancel(t.Context())))
	}
	started := time.Now()
	require.Eventually(
		t, func() bool { return order() == http.StatusCreated },
		20*time.Second, 20*time.Millisecond,
	)
	t.Logf("%d orders acknowledged; good again after %s", len(acknowledged), time.Since(started))
	for id := range acknowledged {
		ada.Get(fmt.Sprintf("/api/v1/orders/%d", id)).Want(http.StatusOK)
	}
	shop.RequireSound()
}

// fillLog writes to PostgreSQL's log until there is no room for it.
func fillLog(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for range 1000 {
		const write = "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))"
		if _, err = conn.Exec(t.Context(), write); err != nil {
			return
		}
	}
	t.Fatal("the log never filled the disk")
}
