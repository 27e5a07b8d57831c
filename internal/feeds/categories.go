package feeds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
)

// pathSeparator stands between the names of a path.
const pathSeparator = " > "

// tree holds the categories by their paths, compared by fold.
type tree struct {
	parents map[int64]int64
	names   map[int64]string
	byName  map[branch]int64
}

type branch struct {
	parent int64 // 0: none
	name   string
}

func readTree(ctx context.Context, q *db.Queries) (*tree, error) {
	rows, err := q.ListCategoryPaths(ctx)
	t := &tree{map[int64]int64{}, map[int64]string{}, map[branch]int64{}}
	for _, row := range rows {
		parent := int64(0)
		if row.ParentID != nil {
			parent = *row.ParentID
		}
		t.add(row.ID, parent, row.Name)
	}
	return t, err
}

func (t *tree) add(id, parent int64, name string) {
	t.parents[id], t.names[id] = parent, name
	at := branch{parent, fold(name)}
	if _, twice := t.byName[at]; !twice { // the oldest of the same name
		t.byName[at] = id
	}
}

// path returns a category with its ancestors, as a cell.
func (t *tree) path(id *int64) string {
	if id == nil {
		return ""
	}
	path := t.names[*id]
	for up, depth := t.parents[*id], 0; up != 0 && depth < 100; up, depth = t.parents[up], depth+1 {
		path = t.names[up] + pathSeparator + path
	}
	return path
}

// find returns the id of the category at a path, or 0.
func (t *tree) find(path []string) int64 {
	id := int64(0)
	for _, name := range path {
		if id = t.byName[branch{id, fold(name)}]; id == 0 {
			return 0
		}
	}
	return id
}

// is reports whether a category is the one at a path.
func (t *tree) is(id *int64, path []string) bool {
	if id == nil || len(path) == 0 {
		return id == nil && len(path) == 0
	}
	return t.find(path) == *id || fold(t.path(id)) == fold(strings.Join(path, pathSeparator))
}

// create creates the missing categories of some paths, level by level.
func (t *tree) create(ctx context.Context, q *db.Queries, paths [][]string) error {
	for level := range maxDepth {
		missing := map[branch]bool{}
		var parents []int64
		var names, bases []string
		for _, path := range paths {
			if len(path) <= level || t.find(path[:level+1]) != 0 {
				continue
			}
			name := cleanName(path[level])
			// the first row's spelling
			if at := (branch{t.find(path[:level]), fold(name)}); !missing[at] {
				missing[at] = true
				parents, names, bases = append(parents, at.parent), append(
					names, name,
				), append(bases, catalog.SlugOf(name, "category"))
			}
		}
		if len(names) == 0 {
			continue
		}
		slugs, err := freeSlugs(ctx, bases, parentSlugs(t, parents, bases), q.TakenCategorySlugs)
		if err != nil {
			return err
		}
		made, err := q.CreateFeedCategories(ctx, parents, names, slugs)
		if err != nil {
			return err
		}
		at := make(map[string]int, len(slugs))
		for i, slug := range slugs {
			at[slug] = i
		}
		for _, row := range made {
			t.add(row.ID, parents[at[row.Slug]], names[at[row.Slug]])
		}
	}
	return nil
}

// parentSlugs returns second choices of slugs: the parent's name before the category's own.
func parentSlugs(t *tree, parents []int64, bases []string) []string {
	seconds := make([]string, len(bases))
	for i, base := range bases {
		seconds[i] = base
		if parent := t.names[parents[i]]; parent != "" {
			seconds[i] = catalog.SlugOf(parent+" "+base, base)
		}
	}
	return seconds
}

// freeSlugs chooses a slug for each base, all different and none of them taken: the base, else its
// second choice, else the base with a hash. The caller holds the lock on names.
func freeSlugs(
	ctx context.Context, bases, seconds []string,
	taken func(context.Context, []string) ([]string, error),
) ([]string, error) {
	const longest, reserve = 200, 14
	candidates := make([]string, 0, 3*len(bases))
	for i, base := range bases {
		hash := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", base, seconds[i], i))
		unique := strings.TrimRight(
			base[:min(len(base), longest-reserve)], "-",
		) + "-" + hex.EncodeToString(hash[:6])
		candidates = append(candidates, base, seconds[i][:min(len(seconds[i]), longest)], unique)
	}
	found, err := taken(ctx, candidates)
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool, len(found)+len(bases))
	for _, slug := range found {
		used[slug] = true
	}
	chosen := make([]string, len(bases))
	for i := range bases {
		for n, candidate := range candidates[3*i : 3*i+3] {
			if !used[candidate] ||
				n == 2 { // two equal hashes are an accident, which the database reports
				chosen[i], used[candidate] = candidate, true
				break
			}
		}
	}
	return chosen, nil
}
