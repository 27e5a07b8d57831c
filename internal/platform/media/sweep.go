package media

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"

	"gocloud.dev/blob"
)

// SweepPeriod is how often to look for unused files.
const SweepPeriod = 24 * time.Hour

// orphanAge is how old an unused file must be before it is deleted. No upload takes as long.
const orphanAge = 24 * time.Hour

// sweepPage is how many names are passed to unused at a time.
const sweepPage = 500

// Sweep deletes the public files that were stored more than a day before now and are not used any
// more. unused returns which of the names it is given are not used. Sweep returns how many files it
// deleted. It never touches other things in the folder or bucket.
func (s *Store) Sweep(
	ctx context.Context, now time.Time,
	unused func(ctx context.Context, names []string) ([]string, error),
) (deleted int, err error) {
	return s.sweep(ctx, "", names, now, unused, s.Delete)
}

// SweepPrivate does the same for private files, and for the temporary ones next to them.
func (s *Store) SweepPrivate(
	ctx context.Context, now time.Time,
	unused func(ctx context.Context, names []string) ([]string, error),
) (deleted int, err error) {
	return s.sweep(ctx, private, drafts, now, unused, s.DeletePrivate)
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

// list calls each with pages of names: of the files that begin with a prefix, match, and were
// stored before a time. It stops at the first error.
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
