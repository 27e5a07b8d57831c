//go:build !race

package apitest

const withRace = false
