package server

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// isMisrouted reports whether the router matched several segments of a path with one parameter. It
// does so when the parameter ends the route: /payments/:id for /payments/stripe/webhook.
func isMisrouted(c echo.Context) bool {
	return slices.ContainsFunc(
		c.ParamValues(), func(value string) bool { return strings.Contains(value, "/") },
	)
}

// refuseMisrouted returns the problem of a path that has no such method: 405 if it has others, else
// 404.
func (s *Server) refuseMisrouted(c echo.Context) error {
	allowed := map[string]bool{}
	for key := range s.operations {
		method, route, _ := strings.Cut(key, " ")
		if fits(route, c.Request().URL.EscapedPath()) {
			allowed[method] = true
			if method == http.MethodGet {
				allowed[http.MethodHead] = true
			}
		}
	}
	if len(allowed) == 0 {
		return errNoRoute
	}
	allowed[http.MethodOptions] = true
	c.Response().Header().Set(
		echo.HeaderAllow, strings.Join(slices.Sorted(maps.Keys(allowed)), ", "),
	)
	return errNoMethod
}

// fits reports whether a path belongs to a route, segment by segment.
func fits(route, path string) bool {
	segments, given := strings.Split(route, "/"), strings.Split(path, "/")
	if len(segments) != len(given) {
		return false
	}
	for i, segment := range segments {
		if segment != given[i] && (!strings.HasPrefix(segment, ":") || given[i] == "") {
			return false
		}
	}
	return true
}
