package media

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"

	"gocloud.dev/blob"
)

// SweepPeriod is how often files are to be compared with those that are written down.
const SweepPeriod = 24 * time.Hour

// orphanAge is how old a file must be before it counts as left behind: far older than any upload
// takes.
const orphanAge = 24 * time.Hour

// sweepPage is how many names are asked about at a time.
const sweepPage = 500

// Sweep deletes the files that are served, are unused and were stored more than a day before now.
// It returns how many. Names of other things in the folder or bucket are left out.
func (s *Store) Sweep(
	ctx context.Context, now time.Time,
	unused func(ctx context.Context, names []string) ([]string, error),
) (deleted int, err error) {
	return s.sweep(ctx, "", names, now, unused, s.Delete)
}

// SweepKept does the same for the kept files, and for what was to become one.
func (s *Store) SweepKept(
	ctx context.Context, now time.Time,
	unused func(ctx context.Context, names []string) ([]string, error),
) (deleted int, err error) {
	return s.sweep(ctx, private, drafts, now, unused, s.Discard)
}

func (s *Store) sweep(
	ctx context.Context, prefix string, names *regexp.Regexp, now time.Time,
	unused func(context.Context, []string) ([]string, error),
	remove func(context.Context, string) error,
) (deleted int, err error) {
	err = s.list(ctx, prefix, names, now.Add(-orphanAge), func(found []string) error {
		left, err := unused(ctx, found)
		if err != nil {
			return err
		}
		for _, name := range left {
			if err := remove(ctx, name); err != nil {
				return err
			}
			deleted++
		}
		return nil
	})
	return deleted, err
}

// list hands over the names that begin with a prefix, match, and are of files stored before a time:
// some at a time, until one call fails.
func (s *Store) list(
	ctx context.Context, prefix string, names *regexp.Regexp, before time.Time,
	each func(names []string) error,
) error {
	var found []string
	files := s.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		file, err := files.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.failed("list", err)
		}
		if file.IsDir || !names.MatchString(file.Key) || !file.ModTime.Before(before) {
			continue
		}
		if found = append(found, file.Key); len(found) == sweepPage {
			if err := each(found); err != nil {
				return err
			}
			found = nil
		}
	}
	if len(found) == 0 {
		return nil
	}
	return each(found)
}
