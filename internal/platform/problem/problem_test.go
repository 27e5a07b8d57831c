package problem_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/shopd/shopd/internal/platform/problem"
)

func TestIsOutage(t *testing.T) {
	t.Parallel()
	assert.True(t, problem.IsOutage(problem.Unavailable("away", "Away.", time.Second)))
	assert.True(t, problem.IsOutage(
		fmt.Errorf("asked: %w", problem.TooMany("quota", "Used up.", time.Second)),
	))
	assert.False(t, problem.IsOutage(problem.NotFound("none", "None.")))
	assert.False(t, problem.IsOutage(errors.New("other")))
	assert.False(t, problem.IsOutage(nil))
}
