package zenlayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	pageSize = 1000 // the API's maximum

	// maxReadings limits how often a list is read again because it changed while it
	// was read.
	maxReadings = 3
	// maxPages limits a list whose server always announces more.
	maxPages = 100

	// maxAttempts limits the attempts per page. The waits between them are 0.5 s
	// and 1 s plus jitter, or what the server asks for, up to maxRetryWait.
	maxAttempts  = 3
	firstWait    = 500 * time.Millisecond
	maxRetryWait = 5 * time.Second
)

type page struct {
	PageNum  int `json:"pageNum"`
	PageSize int `json:"pageSize"`
}

// listing is one page of a list.
type listing[T any] struct {
	total *int // nil if the answer has none
	items []T
}

// UnmarshalJSON reads totalCount and dataSet.
func (l *listing[T]) UnmarshalJSON(data []byte) error {
	var f fields
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	if f.has("totalCount") {
		l.total = new(f.number("totalCount"))
	}
	l.items = objects[T](&f, "dataSet")
	return f.err
}

// errMoved means that the list changed between two pages.
var errMoved = errors.New("the list changed while it was read")

// readAll reads all pages of a list. It fails unless all pages have the same total
// and together exactly as many items, without repetition.
func readAll[T any](
	ctx context.Context, c *Client, s service, action string, query func(page) any, id func(T) string) ([]T, error) {
	var reason error
	for range maxReadings {
		all, err := readOnce(ctx, c, s, action, query, id)
		if !errors.Is(err, errMoved) {
			return all, err
		}
		reason = err
	}
	return nil, &IncompleteError{Action: action, Reason: reason.Error()}
}

func readOnce[T any](
	ctx context.Context, c *Client, s service, action string, query func(page) any, id func(T) string) ([]T, error) {
	all, seen, total := []T{}, map[string]bool{}, -1
	for number := 1; number <= maxPages; number++ {
		var got listing[T]
		if err := c.read(ctx, s, action, query(page{number, pageSize}), &got); err != nil {
			return nil, err
		}
		if got.total == nil || *got.total < 0 {
			return nil, &IncompleteError{Action: action, Reason: "the answer has no total"}
		}
		if total >= 0 && total != *got.total {
			return nil, fmt.Errorf("%w: total %d became %d", errMoved, total, *got.total)
		}
		total = *got.total
		for _, item := range got.items {
			key := id(item)
			if key == "" || seen[key] {
				return nil, fmt.Errorf("%w: an item is repeated or has no id", errMoved)
			}
			seen[key] = true
			all = append(all, item)
		}
		switch {
		case len(all) == total:
			return all, nil
		case len(all) > total, len(got.items) == 0:
			return nil, fmt.Errorf("%w: %d items of %d", errMoved, len(all), total)
		}
	}
	return nil, &IncompleteError{Action: action, Reason: fmt.Sprintf("more than %d pages", maxPages)}
}

// read makes a reading call and retries temporary faults.
func (c *Client) read(ctx context.Context, s service, action string, query any, into json.Unmarshaler) error {
	encoded, err := json.Marshal(query)
	if err != nil {
		return &InvalidError{Action: action, Err: fmt.Errorf("encoding: %w", err)}
	}
	wait := firstWait
	for attempt := 1; ; attempt++ {
		_, err := c.attempt(ctx, s, action, encoded, into)
		pause, again := c.pause(err, wait)
		if err == nil || !again || attempt == maxAttempts {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
			return err
		}
		if c.sleep(ctx, pause) != nil {
			return err
		}
		wait *= 2
	}
}

// pause reports whether to retry a failed reading call, and after how long.
func (c *Client) pause(err error, wait time.Duration) (time.Duration, bool) {
	wait += time.Duration(c.random() * float64(wait) / 2)
	if api, ok := errors.AsType[*APIError](err); ok {
		again := api.Status == http.StatusTooManyRequests || api.Status == http.StatusServiceUnavailable ||
			api.Code == CodeRequestLimitExceeded
		return max(wait, api.RetryAfter), again && api.RetryAfter <= maxRetryWait
	}
	transport, ok := errors.AsType[*TransportError](err)
	return wait, ok && !transport.timedOut && !transport.Limited
}
