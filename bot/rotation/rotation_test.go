package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/filewatch"
	"lbbot/zenlayer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a watcher of one secret, with a clock that the test moves.
type rig struct {
	*testing.T
	*Watcher

	dir      string
	at       time.Time
	works    string   // the values that Use takes, joined
	tried    []string // values of each call of Use, joined
	inForce  string
	logs     *observer.ObservedLogs
	registry *prometheus.Registry
}

// watch makes a watcher of the files, which hold the values.
func watch(t *testing.T, names []string, values ...string) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	r := &rig{T: t, dir: t.TempDir(), at: time.Now(), logs: logs, inForce: strings.Join(values, "+"),
		registry: prometheus.NewRegistry()}
	s := Secret{Name: "PLANTED", Use: r.use}
	for i, name := range names {
		s.Parts = append(s.Parts, Part{filepath.Join(r.dir, name), zenlayer.NewSecret(values[i])})
		r.write(name, values[i])
	}
	r.Watcher = New(Config{Secrets: []Secret{s}, Now: func() time.Time { return r.at }, Log: zap.New(core),
		Registerer: r.registry})
	r.passes(time.Minute)
	require.Empty(t, r.tried, "what is in use already")
	return r
}

func (r *rig) use(_ context.Context, values []zenlayer.Secret) error {
	all := strings.Join(revealed(values), "+")
	r.tried = append(r.tried, all)
	if all != r.works {
		return errors.New("refused " + all)
	}
	r.inForce = all
	return nil
}

func (r *rig) write(name, value string) {
	r.Helper()
	require.NoError(r, os.WriteFile(filepath.Join(r.dir, name), []byte(value), 0o600))
}

// passes moves the clock and looks; it returns when to look again.
func (r *rig) passes(d time.Duration) time.Duration {
	r.at = r.at.Add(d)
	return r.look(r.Context(), r.secrets[0])
}

// count requires what the metric says.
func (r *rig) count(used, refused float64) {
	r.Helper()
	require.InDelta(r, used, testutil.ToFloat64(r.reloads.WithLabelValues("PLANTED", "used")), 0)
	require.InDelta(r, refused, testutil.ToFloat64(r.reloads.WithLabelValues("PLANTED", "refused")), 0)
}

func (r *rig) warnings() int { return r.logs.FilterLevelExact(zapcore.WarnLevel).Len() }

func TestNewSecretIsUsedWhenTheFileStayedTheSame(t *testing.T) {
	t.Parallel()
	r := watch(t, []string{"token"}, "planted-1")
	r.works = "planted-2"
	r.write("token", "plan")
	require.Equal(t, filewatch.Steady, r.passes(0))
	r.write("token", "\ufeffplanted-2\r\n")
	require.Equal(t, filewatch.Steady, r.passes(time.Second))
	require.Zero(t, r.passes(filewatch.Steady))
	require.Equal(t, []string{"planted-2"}, r.tried)
	require.Zero(t, r.passes(time.Hour))
	require.Len(t, r.tried, 1)
	r.count(1, 0)
	require.Zero(t, r.warnings())
}

func TestRefusedSecretIsToldOnceAndTriedEveryMinute(t *testing.T) {
	t.Parallel()
	r := watch(t, []string{"token"}, "planted-1")
	r.write("token", "planted-2")
	r.passes(0)
	require.Equal(t, tryEvery, r.passes(filewatch.Steady))
	require.Equal(t, tryEvery-time.Second, r.passes(time.Second))
	require.Len(t, r.tried, 1)
	r.passes(tryEvery)
	r.passes(tryEvery)
	require.Len(t, r.tried, 3)
	require.Equal(t, "planted-1", r.inForce)
	require.Equal(t, 1, r.warnings())
	r.count(0, 3)
	r.works = "planted-2" // for example, the network is back
	r.passes(tryEvery)
	require.Equal(t, "planted-2", r.inForce)
	r.count(1, 3)
	for _, line := range r.logs.All() {
		require.NotContains(t, fmt.Sprint(line.Message, line.ContextMap()), "planted-")
	}
}

func TestOldSecretInTheFileEndsTheTries(t *testing.T) {
	t.Parallel()
	r := watch(t, []string{"token"}, "planted-1")
	for range 2 {
		r.write("token", "planted-2")
		r.passes(0)
		r.passes(filewatch.Steady)
		r.write("token", "planted-1")
		r.passes(0)
		r.passes(time.Hour)
	}
	require.Len(t, r.tried, 2)
	require.Equal(t, 2, r.warnings(), "a mistake that is made again is told again")
}

func TestSecretThatCannotBeReadIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(r *rig){
		"absent": func(r *rig) { require.NoError(r, os.Remove(filepath.Join(r.dir, "token"))) },
		"empty":  func(r *rig) { r.write("token", " \n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := watch(t, []string{"token"}, "planted-1")
			spoil(r)
			r.passes(0)
			require.Zero(t, r.warnings(), "it may be replaced now")
			r.passes(filewatch.Steady)
			r.passes(time.Hour)
			require.Equal(t, 1, r.warnings())
			require.Empty(t, r.tried)
			r.works = "planted-2"
			r.write("token", "planted-2")
			r.passes(0)
			r.passes(filewatch.Steady)
			require.Equal(t, "planted-2", r.inForce)
		})
	}
}

func TestKeyPairIsTriedAsAPair(t *testing.T) {
	t.Parallel()
	t.Run("both files within the wait", func(t *testing.T) {
		t.Parallel()
		r := watch(t, []string{"id", "secret"}, "id-1", "planted-1")
		r.works = "id-2+planted-2"
		r.write("id", "id-2")
		r.passes(0)
		r.write("secret", "planted-2")
		r.passes(2 * time.Second)
		r.passes(filewatch.Steady)
		require.Equal(t, []string{r.works}, r.tried)
	})
	t.Run("one file long after the other", func(t *testing.T) {
		t.Parallel()
		r := watch(t, []string{"id", "secret"}, "id-1", "planted-1")
		r.works = "id-2+planted-2"
		r.write("id", "id-2")
		r.passes(0)
		r.passes(filewatch.Steady)
		require.Equal(t, "id-1+planted-1", r.inForce)
		r.write("secret", "planted-2")
		r.passes(0)
		r.passes(filewatch.Steady)
		require.Equal(t, r.works, r.inForce)
		require.Equal(t, 1, r.warnings())
	})
	t.Run("Kubernetes switches both", func(t *testing.T) {
		t.Parallel()
		r := watch(t, []string{"id", "secret"}, "id-1", "planted-1")
		r.works = "id-2+planted-2"
		require.NoError(t, filewatch.Install(r.dir,
			map[string][]byte{"id": []byte("id-2"), "secret": []byte("planted-2")}))
		require.Zero(t, r.passes(0), "used at once")
		require.Equal(t, []string{r.works}, r.tried)
	})
}

func TestRunNoticesAChangedFile(t *testing.T) {
	t.Parallel()
	used := make(chan string, 1)
	dir := t.TempDir()
	install := func(value string) {
		require.NoError(t, filewatch.Install(dir, map[string][]byte{"token": []byte(value)}))
	}
	install("planted-1")
	w := New(Config{Now: time.Now, Log: zap.NewNop(), Registerer: prometheus.NewRegistry(), Secrets: []Secret{{
		Name: "PLANTED", Parts: []Part{{filepath.Join(dir, "token"), zenlayer.NewSecret("planted-1")}},
		Use: func(_ context.Context, values []zenlayer.Secret) error {
			used <- values[0].Reveal()
			return nil
		}}}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	install("planted-2")
	require.Equal(t, "planted-2", <-used)
	cancel()
	require.NoError(t, <-done)
}
