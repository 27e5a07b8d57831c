//go:build unix

package devstack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// programs are the paths of the programs of the servers.
type programs struct {
	postgres string // folder of postgres, initdb and pg_ctl
	redis    string
}

// oldestPostgres is the oldest major version that the schema and pgvector support.
const oldestPostgres = 14

// findPrograms finds the programs of the servers. It installs missing ones if this process is root
// and the system has apt; else its error says how to install them.
func findPrograms(ctx context.Context, o Options) (programs, error) {
	p, missing := lookForPrograms(ctx)
	if len(missing) == 0 {
		return p, nil
	}
	system := readSystem("/etc/os-release")
	if os.Geteuid() != 0 || !system.hasAPT() {
		return p, fmt.Errorf("missing: %s.\n%s", strings.Join(missing, ", "), system.advice())
	}
	if err := install(ctx, o, system, missing); err != nil {
		return p, err
	}
	if p, missing = lookForPrograms(ctx); len(missing) > 0 {
		return p, fmt.Errorf(
			"still missing after the installation: %s (see %s)", strings.Join(missing, ", "),
			installLog(o),
		)
	}
	return p, nil
}

// Names of programs that may be missing.
const (
	missingPostgres = "PostgreSQL"
	missingVector   = "pgvector for PostgreSQL"
	missingRedis    = "Redis"
)

func lookForPrograms(ctx context.Context) (p programs, missing []string) {
	bins := postgresFolders()
	switch with := slices.IndexFunc(bins, func(bin string) bool { return hasVector(ctx, bin) }); {
	case with >= 0:
		p.postgres = bins[with]
	case len(bins) > 0:
		p.postgres, missing = bins[0], append(missing, missingVector)
	default:
		missing = append(missing, missingPostgres, missingVector)
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			p.redis = path
			break
		}
	}
	if p.redis == "" {
		missing = append(missing, missingRedis)
	}
	return p, missing
}

// postgresFolders returns the bin folders of all PostgreSQL versions that are new enough, newest
// first.
func postgresFolders() []string {
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // constant patterns: no error
		found = append(found, matches...)
	}
	found = slices.DeleteFunc(found, func(bin string) bool {
		_, err := os.Stat(filepath.Join(bin, "initdb"))
		return err != nil || majorOf(bin) < oldestPostgres
	})
	slices.SortFunc(found, func(a, b string) int { return majorOf(b) - majorOf(a) })
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = append(found, filepath.Dir(path))
	}
	return found
}

var digits = regexp.MustCompile(`[0-9]+`)

// majorOf returns the major version in a path such as /usr/lib/postgresql/15/bin, or 0.
func majorOf(bin string) int {
	n, _ := strconv.Atoi(digits.FindString(strings.ReplaceAll(bin, "/usr/pgsql", ""))) // none: 0
	return n
}

func hasVector(ctx context.Context, bin string) bool {
	shared := filepath.Join("/usr/share/postgresql", strconv.Itoa(majorOf(bin)))
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "pg_config"), "--sharedir").Output()
	if err == nil {
		shared = strings.TrimSpace(string(out))
	}
	_, err = os.Stat(filepath.Join(shared, "extension", "vector.control"))
	return err == nil
}

// system describes the operating system, as /etc/os-release does.
type system struct{ id, like, codename string }

func readSystem(path string) system {
	text, _ := os.ReadFile(path) // there is none on other systems than Linux
	var s system
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.Trim(value, `"'`); name {
		case "ID":
			s.id = value
		case "ID_LIKE":
			s.like = value
		case "VERSION_CODENAME":
			s.codename = value
		}
	}
	return s
}

func (s system) hasAPT() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && strings.Contains(" "+s.id+" "+s.like+" ", " debian ")
}

// advice returns a sentence about how to install the programs by hand.
func (s system) advice() string {
	how := "Install PostgreSQL 14 or newer with pgvector, and Redis"
	family := " " + s.id + " " + s.like + " "
	switch {
	case s.hasAPT():
		how = "Run this once as root, or install: apt-get install postgresql redis-server, " +
			"and pgvector (github.com/pgvector/pgvector)"
	case strings.Contains(family, " fedora ") || strings.Contains(family, " rhel "):
		how = "Install: dnf install postgresql-server pgvector redis"
	case s.id == "":
		how = "Install, on a Mac: brew install postgresql@17 pgvector redis"
	}
	return how + "; or start Docker; or set DATABASE_URL and REDIS_URL."
}
