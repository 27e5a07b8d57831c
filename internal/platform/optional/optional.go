// Package optional converts between values that may be absent, as the contract and the database
// have them (nil pointers), and plain Go values.
package optional

// Value returns what p points to, or the zero value if p is nil.
func Value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// Or returns what p points to, or otherwise if p is nil.
func Or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// Of returns a pointer to value, or nil if it is the zero value.
func Of[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// Map returns m, or an empty map if m is nil.
func Map[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}

// List returns s, or an empty slice if s is nil: JSON and PostgreSQL tell the two apart.
func List[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}
