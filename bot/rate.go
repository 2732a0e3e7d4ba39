package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// Duration is a time.Duration that is written with days as well: 400d, 20s.
type Duration time.Duration

// String writes whole days as days.
func (d Duration) String() string {
	if day := Duration(24 * time.Hour); d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return time.Duration(d).String()
}

// UnmarshalText reads 20s, 10m, 36h or 400d.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n < 36500 {
			*d = Duration(n) * Duration(24*time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a duration: such as 20s, 10m, 36h or 400d", s)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Rate is a number of things in a time; zero N means no limit.
type Rate struct {
	N  int
	In Duration
}

// every returns the time between two of them; N is not 0.
func (r Rate) every() time.Duration { return time.Duration(r.In) / time.Duration(r.N) }

// limiter lets N pass at once and N in each In after that. All pass a zero
// rate.
func (r Rate) limiter() *zenlayer.RankedLimiter {
	return zenlayer.NewRankedLimiter(r.N, time.Duration(r.In))
}

// turns is how many operations may make their last checks and their call at
// the same time: as many as the calls of two seconds. One takes five calls, so
// each has its turn over within about ten seconds, well within the time that
// its checks have; and with calls that take two seconds, the rate is used up.
// 0, any number, for a zero rate.
func (r Rate) turns() int {
	if r.N == 0 {
		return 0
	}
	return max(1, int(2*time.Second/r.every()))
}

// String writes 10/10m0s.
func (r Rate) String() string {
	if r.N == 0 {
		return "0"
	}
	return strconv.Itoa(r.N) + "/" + r.In.String()
}

// UnmarshalText reads 10/10m, or 0.
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "0" {
		*r = Rate{}
		return nil
	}
	count, in, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	var d Duration
	if !ok || err != nil || n < 1 || d.UnmarshalText([]byte(in)) != nil || d <= 0 {
		return fmt.Errorf("%q is not a rate: a number, a slash and a duration, such as 10/10m, or 0 for no limit", s)
	}
	*r = Rate{n, d}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
