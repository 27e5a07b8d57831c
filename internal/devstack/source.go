//go:build unix

package devstack

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// newer is a release whose source packages hold what an older one lacks.
var newer = map[string]struct{ suite, components string }{
	"debian": {"trixie", "main"},
	"ubuntu": {"noble", "main universe"},
}

// fetchSource unpacks the upstream source of a package of a newer release into dir/source. apt does
// it with settings, lists and a cache of its own, so that the machine's stay as they are.
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
			sources = append(
				sources,
				sourcesFor(string(text), i.system.codename, release.suite, release.components)...)
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
	if err := i.runIn(
		ctx,
		dir,
		"apt-get",
		append([]string{"source", "--download-only", name}, own...)...); err != nil {
		return err
	}
	archives, _ := filepath.Glob(
		filepath.Join(dir, name+"_*.orig.tar.*"),
	) // a constant pattern: no error
	if len(archives) == 0 {
		return errors.New("it came without an upstream archive")
	}
	return i.runIn(
		ctx, dir, "tar", "--extract", "--strip-components=1", "--directory=source",
		"--file="+archives[0],
	)
}

// sourcesFor rewrites the entries of an apt sources file (either format of sources.list(5)) that
// serve a release into deb-src lines of another.
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

// withoutArch drops the architectures of an entry, which source packages do not have.
func withoutArch(options string) string {
	var kept []string
	for _, option := range strings.Fields(options) {
		if !strings.HasPrefix(option, "arch=") {
			kept = append(kept, option)
		}
	}
	return strings.Join(kept, " ")
}
