package operation_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// weather is everything that goes wrong in one life of an operation.
type weather struct {
	lag, forget time.Duration
	register    []int // faults of the calls, in their order
	reading     []int
	journal     []int
	slack       []int
	kills       []int // after how many points each process dies
	downs       []int
	back        int // the process after which the clock is set back an hour; -1: none
	stopAfter   int // seconds; -1: nobody presses Stop
	colleague   int // seconds until a colleague adds the same server; -1: nobody does
	wrong       bool
}

func drawWeather(t *rapid.T) weather {
	list := func(name string, kinds, most int) []int {
		return rapid.SliceOfN(rapid.IntRange(0, kinds-1), 0, most).Draw(t, name)
	}
	pick := func(name string, of ...time.Duration) time.Duration { return rapid.SampledFrom(of).Draw(t, name) }
	return weather{
		lag:      pick("lag", 0, 3*time.Second, 40*time.Second, 9*time.Minute),
		forget:   pick("forget", 0, time.Millisecond, 30*time.Second),
		register: list("register", len(registerFaults()), 5), reading: list("reading", 12, 40),
		journal: list("journal", 10, 60), slack: list("slack", 4, 10),
		kills: list("kills", 40, 5), downs: list("downs", 4, 5),
		back:      rapid.IntRange(-1, 3).Draw(t, "back"),
		stopAfter: rapid.SampledFrom([]int{-1, -1, 0, 1, 20, 200}).Draw(t, "stop"),
		colleague: rapid.SampledFrom([]int{-1, -1, -1, 0, 1, 20, 200}).Draw(t, "colleague"),
		wrong:     rapid.Bool().Draw(t, "wrong"),
	}
}

func registerFaults() []fault {
	return []fault{{}, {before: lost()}, {after: lost()}, {after: apiError(502, "")}, {hold: time.Hour},
		{hold: 10 * time.Second, after: lost()},
		{before: apiError(429, "")}, {before: unsent()}, {before: apiError(400, "INVALID_PARAMETER_VALUE")},
		{before: apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")}, {before: apiError(503,
			"SERVICE_TEMPORARY_UNAVAILABLE")},
		{before: apiError(401, zenlayer.CodeSignatureExpired)}, {hold: 14 * time.Second},
		{after: apiError(503, "SERVICE_TEMPORARY_UNAVAILABLE")}, {before: apiError(404, "INVALID_BACKEND_NOT_FOUND")}}
}

// of returns the fault that a schedule has for the nth call, or none.
func of(schedule []int, n int, faults ...fault) fault {
	if n >= len(schedule) || schedule[n] >= len(faults) {
		return fault{}
	}
	return faults[schedule[n]]
}

// verdict collects what fails inside a scene, where rapid's own T must not be
// used.
type verdict struct {
	mu       sync.Mutex
	problems []string
}

// Errorf implements require.TestingT.
func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// FailNow implements require.TestingT.
func (v *verdict) FailNow() { runtime.Goexit() }

func TestWhateverGoesWrongTheEndIsTrue(t *testing.T) {
	t.Parallel()
	inEveryWeather(t, weather.play)
}

// inEveryWeather plays a life of an operation in random weather.
func inEveryWeather(t *testing.T, play func(w weather, t *verdict, h *house)) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWeather(rt)
		v := &verdict{}
		synctest.Test(t, func(*testing.T) {
			h := newHouse(v)
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() {
					if h.stop != nil {
						h.stop(errKilled)
					}
				}()
				play(w, v, h) // a verdict, unlike a testing.T, may fail in any goroutine
			}()
			<-done
			<-time.After(2 * time.Hour) // what was begun ends, so that nothing is left blocked
		})
		if len(v.problems) > 0 {
			rt.Fatalf("%s\n%+v", strings.Join(v.problems, "\n"), w)
		}
	})
}

// play carries one operation through the weather.
func (w weather) play(t *verdict, h *house) {
	id := h.accepted(request())
	w.script(t, h)
	if w.stopAfter >= 0 {
		time.AfterFunc(time.Duration(w.stopAfter)*time.Second,
			func() { _, _ = h.intake.Stop(context.Background(), h.click(id, bo)) })
	}
	if w.colleague >= 0 {
		time.AfterFunc(time.Duration(w.colleague)*time.Second, func() { h.cloud.add(ours("be-7")) })
	}
	w.lives(t, h, id, func() bool { return h.oursOn() > 0 || w.colleague >= 0 })
	w.judge(t, h, id)
}

// lives runs one process after the other until the operation has ended. done tells
// whether the change was carried out, for those who are asked.
func (w weather) lives(t *verdict, h *house, id string, done func() bool) {
	for n := 0; ; n++ {
		require.Less(t, n, 100, "the run never ended")
		h.at.arm(nil)
		if n < len(w.kills) {
			h.at.arm(func(at int, _ string) bool { return at == 1+w.kills[n] })
		}
		if w.live(t, h, id, done) {
			break
		}
		if n < len(w.downs) {
			<-time.After([]time.Duration{0, time.Second, time.Minute, 6 * time.Hour}[w.downs[n]])
		}
		if n == w.back {
			h.skew.Store(-int64(time.Hour))
		}
	}
}

// live runs one process until it ends, answering what a person is asked, and
// reports whether the run ended with it.
func (w weather) live(t *verdict, h *house, id string, carried func() bool) bool {
	done := h.process(id)
	wrong := w.wrong
	for range 1000 {
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, errKilled) {
				require.NoError(t, err)
			}
			return err == nil
		case <-time.After(15 * time.Minute):
		}
		if h.journal.now(id).State != operation.NeedsPerson {
			continue
		}
		w.calm(h)
		answer := map[bool]string{true: operation.AnswerThere, false: operation.AnswerNotThere}[carried() != wrong]
		wrong = false
		_, err := h.intake.Answer(context.Background(), h.click(id, ana), answer)
		require.NoError(t, err)
	}
	require.Fail(t, "a process never ended", "%s", h.journal.now(id).State)
	return true
}

// calm ends all faults, so that a person's answer can be checked.
func (w weather) calm(h *house) {
	h.at.arm(nil)
	h.cloud.goes(nil)
	h.journal.goes(nil)
}

func (w weather) script(t *verdict, h *house) {
	h.cloud.lag, h.cloud.forget = w.lag, w.forget
	readings, writes, posts := 0, 0, 0
	h.cloud.fault = func(name string, n int) fault {
		if name == "RegisterBackend" || name == "DeregisterBackend" {
			return of(w.register, n-1, registerFaults()...)
		}
		readings++
		return of(w.reading, readings-1, fault{before: lost()}, fault{before: apiError(404, "")},
			fault{before: apiError(503, "")}, fault{hold: 40 * time.Second})
	}
	h.journal.fault = func(string) fault {
		writes++
		return of(w.journal, writes-1, fault{before: errJournal}, fault{after: errJournal},
			fault{hold: 3 * time.Second})
	}
	h.reporter.fault = func(string) fault {
		posts++
		return of(w.slack, posts-1, fault{before: errJournal}, fault{hold: time.Hour})
	}
	h.journal.onSave = func(op operation.Operation) {
		if op.State != operation.NotDone {
			return
		}
		h.cloud.mu.Lock()
		defer h.cloud.mu.Unlock()
		if len(h.cloud.taken) > 0 {
			t.Errorf("called not removed (%s) after it was removed", op.Reason)
		}
		for _, e := range h.cloud.entries {
			if e.ours && !e.seen.After(time.Now()) {
				t.Errorf("called not added (%s) while the pool shows it", op.Reason)
			}
		}
	}
}

func (w weather) judge(t *verdict, h *house, id string) {
	op := h.journal.now(id)
	if w.colleague < 0 {
		settled(t, h, id)
		if h.oursOn() == 0 {
			require.Equal(t, operation.NotDone, op.State)
		}
		return
	}
	require.True(t, op.State.Final())
	require.True(t, h.isClosed(id))
	require.LessOrEqual(t, h.oursOn(), 1)
	if h.oursOn() == 1 {
		require.NotEqual(t, operation.NotDone, op.State)
	}
	punctual(t, h, op)
}
