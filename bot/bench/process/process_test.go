package process

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestProcessorTimeAndGroupAreReadFromStat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want stat
		says string
	}{
		"a plain name": {"12 (lbbot) S 1 77 77 0 -1 4194304 900 0 0 0 250 50 9 9 20 0 8 0 100 200 300",
			stat{77, false, 3 * time.Second}, ""},
		"a name with spaces and parentheses": {"12 (a) R (b c) S 1 78 77 0 -1 4194304 900 0 0 0 1 0 9 9 20",
			stat{78, false, 10 * time.Millisecond}, ""},
		"a process that has ended": {"12 (x) Z 1 7 7 0 -1 4194304 900 0 0 0 1 0 9 9 20",
			stat{7, true, 10 * time.Millisecond}, ""},
		"no name":          {"12 lbbot S 1", stat{}, "has no name of a program"},
		"too few fields":   {"12 (lbbot) S 1 77", stat{}, "has 3 fields after the name"},
		"a group in words": {"12 (x) S 1 a 77 0 -1 4194304 900 0 0 0 1 0 9 9 20", stat{}, "process group"},
		"a time in words":  {"12 (x) S 1 7 77 0 -1 4194304 900 0 0 0 1 b 9 9 20", stat{}, "processor time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat(tt.text)
			if tt.says != "" {
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestMemoryIsReadFromStatus(t *testing.T) {
	t.Parallel()
	const status = "Name:\tlbbot\nVmHWM:\t   58124 kB\nVmRSS:\t   41000 kB\nThreads:\t8\n"
	require.EqualValues(t, 58124<<10, parseStatus(status, "VmHWM"))
	require.EqualValues(t, 41000<<10, parseStatus(status, "VmRSS"))
	require.Zero(t, parseStatus("Name:\tlbbot\nState:\tZ (zombie)\n", "VmRSS"))
	require.Zero(t, parseStatus("VmRSS:\tmany kB\n", "VmRSS"))
}

// shell starts a script. It is killed when the test ends.
func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start(Options{Command: []string{"sh", "-c", script}, Core: -1,
		Env: []string{"PATH=" + os.Getenv("PATH")}})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func TestEndOfAProgramIsToldWithItsLastLines(t *testing.T) {
	t.Parallel()
	p := shell(t, "for i in $(seq 100); do echo line $i; done; printf 'no line break'; exit 3")
	<-p.Done()
	require.EqualError(t, p.Err(), "the bot ended by itself: exit status 3\nits last lines:\n  line "+
		strings.Join([]string{"89", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99", "100"}, "\n  line ")+
		"\n  no line break")
	quiet := shell(t, "exit 0")
	<-quiet.Done()
	require.EqualError(t, quiet.Err(), "the bot ended by itself: exit status 0\nit wrote nothing")
}

// requireGone waits until no process of the group is left.
func requireGone(t *testing.T, p *Process) {
	t.Helper()
	require.Eventually(t, func() bool { _, err := p.Usage(); return err != nil }, 10*time.Second, time.Millisecond)
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	p := shell(t, "sleep 60 & sleep 60")
	_, err := p.Stop(t.Context())
	require.NoError(t, err)
	requireGone(t, p)
}

func TestStopKillsAGroupWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	p := shell(t, "trap '' TERM; echo deaf; while true; do sleep 1; done")
	require.Eventually(t, func() bool { return p.output.last() != "" }, 10*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := p.Stop(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	requireGone(t, p)
}

func TestAProgramThatDoesNotExistIsNamed(t *testing.T) {
	t.Parallel()
	_, err := Start(Options{Command: []string{"/none/of/these", "run"}, Core: -1})
	require.ErrorContains(t, err, "starting /none/of/these run: ")
}
