package guard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/model"
)

// budgetAge is how long the sum of a day is used from memory. Other servers spend as well.
const budgetAge = 5 * time.Second

// Budget limits the tokens that all servers of the shop together spend on a model in a day (UTC).
// The sum is stored in the database. Calls that run at the same time may exceed the limit by their
// own cost.
type Budget struct {
	queries *db.Queries
	log     *slog.Logger
	name    string
	tokens  int64 // 0: no limit

	mu     sync.Mutex
	spent  int64
	readAt time.Time
}

// NewBudget returns the budget of a model. 0 tokens mean no limit; they are counted all the same.
func NewBudget(pool *pgxpool.Pool, log *slog.Logger, name string, tokens int64) *Budget {
	return &Budget{queries: db.New(pool), log: log, name: name, tokens: tokens}
}

// Allow returns model.ErrBudget if the day's tokens are spent.
func (b *Budget) Allow(ctx context.Context) error {
	if b.tokens == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now().UTC()
	if now.Sub(b.readAt) > budgetAge || now.YearDay() != b.readAt.YearDay() {
		spent, err := b.queries.GetModelUsage(ctx, b.name)
		if err != nil {
			return err
		}
		b.spent, b.readAt = spent, now
	}
	if b.spent < b.tokens {
		return nil
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
	return model.ErrBudget.After(midnight.Sub(now).Round(time.Second) + time.Second)
}

// Spend adds the cost of a call.
func (b *Budget) Spend(u model.Usage) {
	b.mu.Lock()
	b.spent += u.Input + u.Output
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := b.queries.AddModelUsage(ctx, b.name, u.Input, u.Output); err != nil {
		b.log.Warn("tokens not counted", "provider", b.name, "error", err.Error())
	}
}
