package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// Duration is a time.Duration whose text may also have days: 400d, 20s.
type Duration time.Duration

// String writes whole days as days, and leaves out zero minutes and seconds: 36h, 10m.
func (d Duration) String() string {
	if day := Duration(24 * time.Hour); d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
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

// Rate is a number of events in a time; an N of 0 means no limit.
type Rate struct {
	N  int
	In Duration
}

// every returns the mean time between two events; N must not be 0.
func (r Rate) every() time.Duration { return time.Duration(r.In) / time.Duration(r.N) }

// limiter admits N calls at once and N in each In after that; a zero rate admits all.
func (r Rate) limiter() *zenlayer.RankedLimiter {
	return zenlayer.NewRankedLimiter(r.N, time.Duration(r.In))
}

// turns returns how many operations may make their last checks and their call at the
// same time: the number of calls admitted in two seconds; 0 means no limit. An operation
// makes three calls in its turn, or five if it reads its listener, so its turn takes at most
// about ten seconds, less than its checks may take. Calls that take two seconds still use the
// whole rate.
func (r Rate) turns() int {
	if r.N == 0 {
		return 0
	}
	return max(1, int(2*time.Second/r.every()))
}

// String writes 10/10m.
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
