//go:build unix

package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func installLog(o Options) string { return filepath.Join(o.Dir, "install.log") }

// installer installs packages with apt.
type installer struct {
	Options
	system  system
	log     *os.File
	updated bool // apt-get update has run
}

func install(ctx context.Context, o Options, s system, missing []string) (err error) {
	log, err := os.OpenFile(installLog(o), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	i := &installer{Options: o, system: s, log: log}
	restore, err := withoutServices()
	if err != nil {
		return err
	}
	defer restore()
	if slices.Contains(missing, missingPostgres) {
		if err := i.packages(ctx, "postgresql"); err != nil {
			return err
		}
	}
	if slices.Contains(missing, missingRedis) {
		if err := i.packages(ctx, "redis-server"); err != nil {
			return err
		}
	}
	if slices.Contains(missing, missingVector) {
		return i.vector(ctx)
	}
	return nil
}

// withoutServices prevents packages from starting services when they are installed, by Debian's
// means (invoke-rc.d(8), pg_createcluster(8)). restore undoes it.
func withoutServices() (restore func(), err error) {
	var made []string
	restore = func() {
		for _, path := range made {
			// A file that is left behind only prevents services from starting at installation.
			_ = os.Remove(path)
		}
	}
	const createCluster = "/etc/postgresql-common/createcluster.d/shopd-dev-only.conf"
	for path, text := range map[string]string{
		"/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
		createCluster:           "create_main_cluster = false\n",
	} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return restore, err
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			return restore, err
		}
		made = append(made, path)
	}
	return restore, nil
}

// packages installs packages. Before the first of them it updates the package lists.
func (i *installer) packages(ctx context.Context, names ...string) error {
	if err := i.update(ctx); err != nil {
		return err
	}
	i.Step("Installing %s", strings.Join(names, ", "))
	arguments := []string{
		"install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120",
	}
	return i.run(ctx, "apt-get", append(arguments, names...)...)
}

func (i *installer) update(ctx context.Context) error {
	if i.updated {
		return nil
	}
	i.Step("Refreshing the package lists")
	i.updated = true
	return i.run(ctx, "apt-get", "update", "-o", "DPkg::Lock::Timeout=120")
}

func (i *installer) run(ctx context.Context, program string, arguments ...string) error {
	return i.runIn(ctx, "/", program, arguments...)
}

func (i *installer) runIn(ctx context.Context, dir, program string, arguments ...string) error {
	before, err := i.log.Seek(0, 2)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir, command.Stdout, command.Stderr = dir, i.log, i.log
	command.Env = append(
		os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "MAKEFLAGS=",
	)
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		text := make([]byte, 1<<16)
		n, _ := i.log.ReadAt(text, before) // a short read is not an error here
		return fmt.Errorf(
			"%s %s: %s (see %s)", program, arguments[0], lastLine(string(text[:n])), i.log.Name(),
		)
	}
	return nil
}

// vector installs pgvector for the newest PostgreSQL: its package if there is one, else a build of
// the source package of a newer release.
func (i *installer) vector(ctx context.Context) error {
	bins := postgresFolders()
	if len(bins) == 0 {
		return fmt.Errorf("no PostgreSQL after its installation (see %s)", i.log.Name())
	}
	if err := i.update(ctx); err != nil {
		return err
	}
	major := strconv.Itoa(majorOf(bins[0]))
	packaged := "postgresql-" + major + "-pgvector"
	out, err := exec.CommandContext(ctx, "apt-cache", "show", packaged).Output()
	if err == nil && len(out) > 0 {
		return i.packages(ctx, packaged)
	}
	if err := i.packages(
		ctx, "postgresql-server-dev-"+major, "gcc", "make", "libc6-dev",
	); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "shopd-pgvector-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	i.Step("Building pgvector for PostgreSQL %s", major)
	if err := i.fetchSource(ctx, dir, "pgvector"); err != nil {
		return fmt.Errorf("the source of pgvector: %w", err)
	}
	build := []string{
		"OPTFLAGS=", "with_llvm=no", "PG_CONFIG=" + filepath.Join(bins[0], "pg_config"),
	}
	source := filepath.Join(dir, "source")
	if err := i.runIn(ctx, source, "make", append([]string{"--jobs=2"}, build...)...); err != nil {
		return err
	}
	return i.runIn(ctx, source, "make", append([]string{"install"}, build...)...)
}
