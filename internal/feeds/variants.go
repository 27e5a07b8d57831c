package feeds

import (
	"maps"
	"slices"
)

// furtherVariants are the attributes in which the variants of a group may differ besides
// variantNames. They become options only where variants differ in them.
var furtherVariants = []string{"gender", "age_group", "size_type", "size_system"}

// distinguish makes options of attributes in which the variants of a group differ, where those of
// variantNames do not tell them apart. A group that exists retains the options it has.
func (pl *plan) distinguish(items []*item, k *known) {
	groups := map[string][]*item{}
	for _, it := range items {
		if it.group != "" && it.options != nil && !pl.has(colOptions) {
			groups[it.group] = append(groups[it.group], it)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		members := groups[name]
		if f := k.groups[name]; f != nil && len(f.options) > 0 {
			for _, it := range members {
				it.takeOptions(f.names)
			}
			continue
		}
		for _, candidate := range pl.candidates() {
			if isDistinct(members) {
				break
			}
			if differsIn(members, candidate) {
				for _, it := range members {
					it.takeOptions([]string{candidate})
				}
			}
		}
	}
}

// candidates returns the attributes that may become options: first those made for it, then the
// file's others in its order.
func (pl *plan) candidates() []string {
	names := slices.Clone(furtherVariants)
	for _, a := range pl.attributes {
		if !slices.Contains(names, a.name) && variantNames[a.name] == "" {
			names = append(names, a.name)
		}
	}
	return names
}

// takeOptions moves attributes with these names to the options.
func (it *item) takeOptions(names []string) {
	for _, name := range names {
		value, there := it.attributes[name]
		if _, taken := it.options[name]; there && !taken && len([]rune(value)) <= maxOption {
			it.options[name] = value
			delete(it.attributes, name)
		}
	}
}

// isDistinct reports whether all items of a group have other options.
func isDistinct(members []*item) bool {
	seen := map[string]bool{}
	for _, it := range members {
		key := canonical(it.options)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// differsIn reports whether all items of a group have an attribute, and not all the same.
func differsIn(members []*item, name string) bool {
	values := map[string]bool{}
	for _, it := range members {
		value := it.attributes[name]
		if value == "" {
			return false
		}
		values[value] = true
	}
	return len(values) > 1
}
