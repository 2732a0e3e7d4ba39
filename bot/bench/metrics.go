package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// metrics asks the bot for its metrics, for lines such as name{label="x"} 12.
type metrics struct{ address string }

// commits of the journal since the start; ok is false if the bot does not count them.
func (m metrics) commits(ctx context.Context) (n float64, ok bool, err error) {
	return m.sum(ctx, "lbbot_journal_commits_total")
}

// sum adds up the series of one metric.
func (m metrics) sum(ctx context.Context, name string) (n float64, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+"/metrics", nil)
	if err != nil {
		return 0, false, err
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, false, fmt.Errorf("reading the metrics of the bot: %w", err)
	}
	defer func() { _ = got.Body.Close() }()
	for lines := bufio.NewScanner(got.Body); lines.Scan(); {
		if value, found := sample(lines.Text(), name); found {
			n, ok = n+value, true
		}
	}
	return n, ok, nil
}

// sample reads the value of a line if it is of that metric.
func sample(line, name string) (float64, bool) {
	rest, ok := strings.CutPrefix(line, name)
	if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
		return 0, false
	}
	value, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
	return value, err == nil
}
