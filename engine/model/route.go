package model

import (
	"fmt"
	"strings"
)

// Route is how much work a question is given, from RouteCacheOnly on the least first.
type Route uint8

// The routes. Each looks at all that the one before it does.
const (
	RouteAdaptive  Route = iota // what the question calls for, and more where its answer is not trusted
	RouteCacheOnly              // what was answered before
	RouteSmart                  // all engines, a short list of candidates
	RouteFull                   // all engines, a longer list
	RouteMaximum                // three to four times as much of every engine, the longest list
	RouteCount
)

var routeNames = [RouteCount]string{"adaptive", "cache-only", "smart", "full", "maximum"}

// String returns the route's name.
func (r Route) String() string {
	if r >= RouteCount {
		return fmt.Sprintf("route %d", uint8(r))
	}
	return routeNames[r]
}

// RouteNames lists the names that ParseRoute takes.
func RouteNames() []string { return routeNames[:] }

// ParseRoute returns the route of that name; "" is RouteAdaptive.
func ParseRoute(name string) (Route, error) {
	for i, n := range routeNames {
		if n == name || name == "" {
			return Route(i), nil
		}
	}
	return 0, fmt.Errorf("no such route, want %s: %w", strings.Join(routeNames[:], ", "), ErrInvalid)
}
