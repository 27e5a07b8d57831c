//go:build unix

package devstack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// newer are releases, by distribution, with source packages that older releases do not have.
var newer = map[string]struct{ suite, components string }{
	"debian": {"trixie", "main"},
	"ubuntu": {"noble", "main universe"},
}

// fetchSource unpacks the upstream source of a package of a newer release into dir/source. It runs
// apt with settings, lists and a cache in dir, so that those of the machine are not changed.
func (i *installer) fetchSource(ctx context.Context, dir, name string) error {
	release, known := newer[i.system.id]
	if !known {
		release = newer["debian"]
	}
	var sources []string
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*") // a constant pattern: no error
	for _, file := range append([]string{"/etc/apt/sources.list"}, files...) {
		text, err := os.ReadFile(file)
		if err == nil {
			sources = append(sources, sourcesFor(
				string(text), i.system.codename, release.suite, release.components,
			)...)
		}
	}
	if len(sources) == 0 {
		return errors.New("no apt source of this release was found in /etc/apt")
	}
	for _, folder := range []string{"lists/partial", "cache/archives/partial", "source"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	list := filepath.Join(dir, "sources.list")
	if err := os.WriteFile(list, []byte(strings.Join(sources, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	own := []string{
		"-o", "Dir::Etc::sourcelist=" + list, "-o", "Dir::Etc::sourceparts=-", "-o",
		"Dir::State::lists=" + filepath.Join(dir, "lists"), "-o",
		"Dir::Cache=" + filepath.Join(dir, "cache"), "-o", "APT::Sandbox::User=root",
	}
	if err := i.runIn(ctx, dir, "apt-get", append([]string{"update"}, own...)...); err != nil {
		return err
	}
	download := append([]string{"source", "--download-only", name}, own...)
	if err := i.runIn(ctx, dir, "apt-get", download...); err != nil {
		return err
	}
	// The pattern has no error, since name is constant.
	archives, _ := filepath.Glob(filepath.Join(dir, name+"_*.orig.tar.*"))
	if len(archives) == 0 {
		return errors.New("apt downloaded no upstream archive")
	}
	return i.runIn(
		ctx, dir, "tar", "--extract", "--strip-components=1", "--directory=source",
		"--file="+archives[0],
	)
}

// sourcesFor returns deb-src lines of another suite for the entries of an apt sources file that
// belong to the release codename. It reads both formats of sources.list(5).
func sourcesFor(text, codename, suite, components string) []string {
	var out []string
	add := func(options, uri string) {
		line := "deb-src "
		if options != "" {
			line += "[" + options + "] "
		}
		out = append(out, line+uri+" "+suite+" "+components)
	}
	for line := range strings.Lines(text) { // the one-line format
		rest, isEntry := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !isEntry {
			continue
		}
		options := ""
		if bracketed, after, found := strings.Cut(strings.TrimSpace(rest), "]"); found &&
			strings.HasPrefix(bracketed, "[") {
			options, rest = withoutArch(bracketed[1:]), after
		}
		if fields := strings.Fields(rest); len(fields) >= 2 && fields[1] == codename {
			add(options, fields[0])
		}
	}
	for stanza := range strings.SplitSeq(text, "\n\n") { // deb822
		fields := map[string]string{}
		for line := range strings.Lines(stanza) {
			if name, value, found := strings.Cut(line, ":"); found &&
				!strings.HasPrefix(line, "#") {
				fields[strings.ToLower(name)] = strings.TrimSpace(value)
			}
		}
		if !strings.Contains(" "+fields["suites"]+" ", " "+codename+" ") {
			continue
		}
		options := ""
		if key := fields["signed-by"]; strings.HasPrefix(key, "/") {
			options = "signed-by=" + key
		}
		for _, uri := range strings.Fields(fields["uris"]) {
			add(options, uri)
		}
	}
	return out
}

// withoutArch returns the options of an entry without the architectures, which source packages do
// not have.
func withoutArch(options string) string {
	var others []string
	for _, option := range strings.Fields(options) {
		if !strings.HasPrefix(option, "arch=") {
			others = append(others, option)
		}
	}
	return strings.Join(others, " ")
}
