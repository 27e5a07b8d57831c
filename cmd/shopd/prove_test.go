package main

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// provable creates a database for a sale, and sets the settings for it.
func provable(t *testing.T) *pgx.Conn {
	t.Helper()
	t.Chdir(t.TempDir())
	url := apitest.CreateDatabase(t)
	for name, value := range map[string]string{
		"DEBUG":                "true",
		"LOG_LEVEL":            "error",
		"DATABASE_URL":         url,
		"REDIS_URL":            apitest.RedisURL(),
		"REDIS_PREFIX":         "prove:",
		"RAG_PROVIDER":         "local",
		"BCRYPT_COST":          "4",  // for speed
		"PAYMENT_CALL_TIMEOUT": "2s", // a payment that was cut off can be repeated after 3 s
	} {
		t.Setenv(name, value)
	}
	_, err := run(t, "migrate", "up")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

var small = []string{
	"prove", "--buyers", "30", "--attempts", "300", "--units", "50", "--seed", "7",
}

// createOrder, payOrder, by shopd prove: a server that is killed meanwhile loses and doubles
// nothing.
func TestProveWithAServerThatIsKilled(t *testing.T) {
	conn := provable(t)
	program, err := os.Executable()
	require.NoError(t, err)
	t.Setenv(actsAsProgram, "1") // for the command, and for the servers it starts and kills
	var out bytes.Buffer
	prove := exec.CommandContext(
		t.Context(),
		program,
		append(slices.Clone(small), "--kill=2", "--pay")...)
	prove.Stdout, prove.Stderr = &out, &out
	require.NoError(t, prove.Run(), "%s", &out)
	assert.Contains(t, out.String(), "seed 7")
	assert.Regexp(t, `server killed +2 times\n`, out.String())
	assert.Regexp(
		t,
		`(?s)oversold +0\nlost +0\nduplicates by key +0\n.*charged twice +0\n.*`+
			`contradictions +0\n`,
		out.String(),
	)
	var left, open int
	require.NoError(
		t, conn.QueryRow(t.Context(), "SELECT count(*) FROM products WHERE is_active").Scan(&left),
	)
	require.NoError(
		t, conn.QueryRow(t.Context(), "SELECT count(*) FROM users WHERE is_active").Scan(&open),
	)
	assert.Zero(t, left)
	assert.Zero(t, open)
}

// createOrder, payOrder, by shopd prove: money in less money out is money kept.
func TestProveWithPayments(t *testing.T) {
	provable(t)
	out, err := run(t, append(slices.Clone(small), "--pay")...)
	require.NoError(t, err, out)
	assert.Regexp(
		t,
		`paid +[1-9][0-9]* orders\ncharged twice +0\n`+
			`money in - money out = money kept +[1-9][0-9]* - 0 = [1-9][0-9]*\n`,
		out,
	)
}

// createOrder, payOrder, by shopd prove: a shop that lies is found out, here because the test
// tampers with the database behind the server.
func TestProveFindsWhatIsWrong(t *testing.T) {
	for _, lie := range []struct{ name, pay, sql, says string }{
		{"it sells more than there is", "--pay=false", `
			CREATE FUNCTION refill() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN NEW.quantity = OLD.quantity; RETURN NEW; END $$;
			CREATE TRIGGER refill BEFORE UPDATE ON stock_levels FOR EACH ROW
				WHEN (NEW.quantity < 3) EXECUTE FUNCTION refill()`, "units were sold of 50"},
		{"it forgets orders", "--pay=false", `
			CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				UPDATE orders SET note = 'forgotten' WHERE id = NEW.order_id AND id % 7 = 0;
				RETURN NULL;
			END $$;
			CREATE TRIGGER forget AFTER INSERT ON order_history FOR EACH ROW
				EXECUTE FUNCTION forget()`, "was acknowledged, and there is none"},
		{"it forgets keys", "--pay=false", `
			CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN RETURN NULL; END $$;
			CREATE TRIGGER forget BEFORE INSERT ON idempotency_keys FOR EACH ROW
				EXECUTE FUNCTION forget()`, "Idempotency-Key made"},
		{"it forgets money", "--pay", `
			CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN NEW.status = 'failed'; RETURN NEW; END $$;
			CREATE TRIGGER forget BEFORE UPDATE ON payments FOR EACH ROW
				WHEN (NEW.status = 'paid' AND NEW.id % 5 = 0) EXECUTE FUNCTION forget()`,
			"was made, and its payment failed"},
	} {
		t.Run(lie.name, func(t *testing.T) {
			conn := provable(t)
			_, err := conn.Exec(t.Context(), lie.sql)
			require.NoError(t, err)
			// Products that sell out would refuse the second order of a forgotten key.
			units := "50"
			if lie.name == "it forgets keys" {
				units = "5000"
			}
			out, err := run(t, append(slices.Clone(small), "--units", units, lie.pay)...)
			require.ErrorContains(t, err, "contradiction: ", out)
			assert.ErrorContains(t, err, "--seed 7")
			assert.Contains(t, out, lie.says)
		})
	}
}

// No operation: shopd prove refuses a production shop without --yes, and wrong flags.
func TestProveIsNotForRealShops(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DEBUG", "false")
	t.Setenv("SECRET_KEY", "a-secret-that-only-this-test-has-and-uses")
	t.Setenv("DATABASE_URL", "postgres://nobody@localhost/nothing")
	t.Setenv("REDIS_URL", apitest.RedisURL())
	_, err := run(t, "prove")
	assert.ErrorContains(t, err, "--yes")
	t.Setenv("DEBUG", "true")
	_, err = run(t, "prove", "--buyers", "0")
	assert.ErrorContains(t, err, "must be 1 or more")
}
