package zenlayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// MaxItems is how many items a list can have. A list that announces more is an
// *IncompleteError.
const MaxItems = 100_000

const (
	// maxList limits the answers of one list together. An item that is larger than
	// 2.5 KiB on average fits no longer.
	maxList = 256 << 20

	// maxReadings limits how often a list is read again because it changed while it
	// was read.
	maxReadings = 3
	// maxAttempts limits the attempts per page. The waits between them are 0.5 s
	// and 1 s plus jitter, or what the server asks for, up to maxRetryWait.
	maxAttempts  = 3
	firstWait    = 500 * time.Millisecond
	maxRetryWait = 5 * time.Second
)

// pageSizes are the sizes of a page, the API's maximum first. After an answer that is
// too large the next one is used. Each divides the one before, so that the pages go on
// where they were.
func pageSizes() []int { return []int{1000, 500, 250, 125, 25, 5, 1} }

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
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	if f.has("totalCount") {
		l.total = new(f.number("totalCount"))
	}
	l.items = objects[T](&f, "dataSet")
	return f.err
}

// ErrMoved comes with the items of a loose list that changed while it was read: some may be missing.
var ErrMoved = errors.New("the list changed while it was read")

// source is one list of a service.
type source[T any] struct {
	service service
	action  string
	query   func(page) any
	id      func(T) string
	loose   bool // accept a list that changes while it is read
}

// readAll reads all pages of a list. Unless it is loose, it fails if the pages have
// different totals, or together not exactly as many items, without repetition.
func readAll[T any](ctx context.Context, c *Client, from source[T]) ([]T, error) {
	var reason error
	for range maxReadings {
		all, err := readOnce(ctx, c, from)
		if !errors.Is(err, ErrMoved) || from.loose && all != nil {
			return all, err
		}
		reason = err
	}
	return nil, &IncompleteError{Action: from.action, Reason: reason.Error()}
}

func readOnce[T any](ctx context.Context, c *Client, from source[T]) ([]T, error) {
	list := collection[T]{source: from, all: []T{}, seen: map[string]bool{}, total: -1}
	sizes, offset, bytes := pageSizes(), 0, 0
	for offset < MaxItems && bytes <= maxList {
		var got listing[T]
		n, err := c.read(ctx, from.service, from.action, from.query(page{offset/sizes[0] + 1, sizes[0]}), &got)
		if isTooLarge(err) && len(sizes) > 1 {
			sizes = sizes[1:]
			continue
		}
		if err != nil {
			return nil, err
		}
		offset, bytes = offset+sizes[0], bytes+n
		switch complete, err := list.add(got); {
		case err != nil:
			return nil, err
		case complete && list.moved:
			return list.all, ErrMoved
		case complete:
			return list.all, nil
		}
	}
	return nil, &IncompleteError{Action: from.action,
		Reason: fmt.Sprintf("%d of %d items in %d MiB are as many as are read", len(list.all), list.total, bytes>>20)}
}

// isTooLarge reports whether a page was longer than is read of an answer.
func isTooLarge(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.tooLarge && api.Status == http.StatusOK
}

// collection is what the pages of a list had so far.
type collection[T any] struct {
	source[T]
	all   []T
	seen  map[string]bool
	items int  // of all pages, with repetitions
	total int  // of the last page; -1 before the first one
	moved bool // of a loose list: it changed between two pages
}

// add reports whether the list is complete with this page.
func (l *collection[T]) add(got listing[T]) (complete bool, err error) {
	switch {
	case got.total == nil || *got.total < 0:
		return false, &IncompleteError{Action: l.action, Reason: "the answer has no total"}
	case *got.total > MaxItems:
		return false, &IncompleteError{Action: l.action,
			Reason: fmt.Sprintf("it has %d items, more than %d", *got.total, MaxItems)}
	case l.total >= 0 && l.total != *got.total && !l.loose:
		return false, fmt.Errorf("%w: total %d became %d", ErrMoved, l.total, *got.total)
	}
	before := len(l.all)
	l.moved = l.moved || l.total >= 0 && l.total != *got.total
	l.total, l.items = *got.total, l.items+len(got.items)
	for _, item := range got.items {
		key := l.id(item)
		if key == "" || l.seen[key] && !l.loose {
			return false, fmt.Errorf("%w: an item is repeated or has no id", ErrMoved)
		}
		if l.moved = l.moved || l.seen[key]; !l.seen[key] {
			l.all = append(l.all, item)
		}
		l.seen[key] = true
	}
	switch {
	case len(got.items) > 0 && len(l.all) == before:
		return false, fmt.Errorf("%w: a page is repeated", ErrMoved)
	case l.items > l.total && !l.loose, l.items < l.total && len(got.items) == 0:
		return false, fmt.Errorf("%w: %d items of %d", ErrMoved, l.items, l.total)
	}
	l.moved = l.moved || l.items > l.total
	return l.items >= l.total, nil
}

// read makes a reading call and retries temporary faults. It returns the length of the
// answer.
func (c *Client) read(
	ctx context.Context, s service, action string, query any, into json.Unmarshaler) (bytes int, err error) {
	encoded, err := json.Marshal(query)
	if err != nil {
		return 0, &InvalidError{Action: action, Err: fmt.Errorf("encoding: %w", err)}
	}
	wait := firstWait
	for attempt := 1; ; attempt++ {
		got, err := c.attempt(ctx, s, action, encoded, into)
		pause, again := c.pause(err, wait)
		if err == nil || !again || attempt == maxAttempts {
			return len(got.raw), err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
			return len(got.raw), err
		}
		if c.sleep(ctx, pause) != nil {
			return len(got.raw), err
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
