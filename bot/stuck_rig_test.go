package bot_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"lbbot/bot"
)

// faults makes writes to a database fail from the nth on, for a while, with an
// error that the journal does not take for a transient one.
type faults interface {
	// plant prepares the database of a running bot.
	plant(t *testing.T, h *house)

	// arm lets the nth write from now begin a time of faults that lasts for the
	// given time; 0 disarms.
	arm(n int, lasts time.Duration)

	// began reports whether that write was made.
	began() bool
}

// isBusy reports whether a table is written at any time, which would make the nth
// write another one each time: its writes fail and do not count.
func isBusy(table string) bool {
	switch table[strings.LastIndex(table, ".")+1:] {
	case "replicas", "pulse", "chain", "links", "events_pending", "audit_lines", "policy_activations":
		return true
	}
	return false
}

// fileFaults are the faults of an SQLite file. Its triggers call the function
// planted_fault(name, busy).
type fileFaults struct {
	name string

	mu    sync.Mutex
	left  int
	lasts time.Duration
	until time.Time
}

// plantedFiles has the fileFaults by name. The driver reads its functions, without a
// lock, whenever it opens a connection, so this one is registered before any test runs.
var plantedFiles = registerPlantedFault()

func registerPlantedFault() *sync.Map {
	var files sync.Map
	sqlite.MustRegisterScalarFunction("planted_fault", 2,
		func(_ *sqlite.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
			f, ok := files.Load(args[0])
			if !ok {
				return nil, fmt.Errorf("no faults are planted as %v", args[0])
			}
			return int64(0), f.(*fileFaults).hit(args[1] == int64(1))
		})
	return &files
}

func newFileFaults() *fileFaults {
	f := &fileFaults{name: uuid.NewString()}
	plantedFiles.Store(f.name, f)
	return f
}

func (f *fileFaults) hit(busy bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left > 0 && !busy {
		if f.left--; f.left == 0 {
			f.until = time.Now().Add(f.lasts)
		}
	}
	if time.Now().Before(f.until) {
		return errors.New("planted fault")
	}
	return nil
}

func (f *fileFaults) arm(n int, lasts time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.lasts, f.until = n, lasts, time.Time{}
}

func (f *fileFaults) began() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.until.IsZero()
}

// plant puts the triggers into every table of a running bot's file.
func (f *fileFaults) plant(t *testing.T, h *house) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.file()+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, table := range column(t, db,
		`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`) {
		for _, verb := range []string{"insert", "update", "delete"} {
			statement := fmt.Sprintf(`create trigger "planted_%s_%s" before %s on "%s" begin `+
				`select planted_fault('%s', %t); end`,
				verb, table, verb, table, f.name, isBusy(table))
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
	}
}

// serverFaults are the faults of a PostgreSQL database: sequences keep their
// values when the transaction that the fault ends is rolled back.
type serverFaults struct {
	t  *testing.T
	db *sql.DB
}

func (f *serverFaults) arm(n int, lasts time.Duration) {
	f.t.Helper()
	_, err := f.db.ExecContext(context.WithoutCancel(f.t.Context()),
		`select setval('planted.writes', 1), setval('planted.nth', $1), setval('planted.lasts', $2), `+
			`setval('planted.until', 1)`, n+1, max(1, lasts.Milliseconds()))
	require.NoError(f.t, err)
}

func (f *serverFaults) began() bool {
	f.t.Helper()
	var until int64
	require.NoError(f.t, f.db.QueryRowContext(f.t.Context(), `select last_value from planted.until`).Scan(&until))
	return until > 1
}

// plant puts the triggers into every table of a running bot's database.
func (f *serverFaults) plant(t *testing.T, h *house) {
	t.Helper()
	db, err := sql.Open("pgx", h.config.DatabaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	f.t, f.db = t, db
	for _, statement := range []string{
		`create schema planted`, `create sequence planted.writes`, `create sequence planted.nth`,
		`create sequence planted.lasts`, `create sequence planted.until`,
		`create function planted.fault() returns trigger language plpgsql as $$
		declare ms bigint := (extract(epoch from clock_timestamp()) * 1000)::bigint;
		begin
			if tg_argv[0] = 'false' and nextval('planted.writes') = (select last_value from planted.nth) then
				perform setval('planted.until', ms + (select last_value from planted.lasts));
			end if;
			if ms < (select last_value from planted.until) then
				raise exception 'planted fault' using errcode = '57014';
			end if;
			return null;
		end $$`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	f.arm(0, 0)
	for _, table := range column(t, db,
		`select quote_ident(tablename) from pg_tables where schemaname = 'public'`) {
		statement := fmt.Sprintf(`create trigger planted_fault before insert or update or delete on %s for each `+
			`statement execute function planted.fault('%t')`,
			table, isBusy(table))
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// column reads the first column of a query.
func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var v string
		require.NoError(t, rows.Scan(&v))
		values = append(values, v)
	}
	require.NoError(t, rows.Err())
	return values
}

// onEachDatabase runs a bot on each kind of database, with faults planted.
func onEachDatabase(t *testing.T, servers int, test func(t *testing.T, c *chaos, f faults)) {
	t.Helper()
	for name, kind := range map[string]struct {
		edit   func(*testing.T, *bot.Config)
		faults func() faults
	}{
		"SQLite": {func(*testing.T, *bot.Config) {},
			func() faults { return newFileFaults() }},
		"PostgreSQL": {onPostgres, func() faults { return &serverFaults{} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := kind.faults()
			c := standChaos(t, chaosSeed(t), servers, func(c *bot.Config) {
				kind.edit(t, c)
				c.ZenlayerRate = bot.Rate{}
			})
			c.widen(30)
			c.start()
			f.plant(t, c.house)
			test(t, c, f)
		})
	}
}
