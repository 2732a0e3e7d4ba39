package audit

import (
	"context"
	"math"
	"time"
)

// Source is where a trail is stored.
type Source interface {
	// ReadTrail calls fn with the trail as it is at one moment.
	ReadTrail(ctx context.Context, fn func(Reading) error) error
}

// Reading is a stored trail at one moment.
type Reading interface {
	// Checkpoints returns all of them, in the order of their positions.
	Checkpoints(ctx context.Context) ([]Checkpoint, error)

	// Entries returns the entries after a position, in order, at most limit
	// and at most 1000. Previous is empty. An entry whose event is missing has
	// neither kind nor time.
	Entries(ctx context.Context, after int64, limit int) ([]Entry, error)

	// End returns the stored end of the chain, or ErrNoEnd.
	End(ctx context.Context) (Head, error)

	// Stray returns the first event that is wrongly outside of the chain, nil
	// if there is none. An event may wait to be linked for the given time.
	Stray(ctx context.Context, wait time.Duration) (*Stray, error)

	// Unlinked returns how many events wait to be linked.
	Unlinked(ctx context.Context) (int64, error)
}

// Stray is an event that is wrongly outside of the chain.
type Stray struct {
	Entry   Entry // Seq, and At and Kind as far as they are known
	Problem StrayProblem
}

// StrayProblem says what is wrong with a Stray, in words.
type StrayProblem string

// What can be wrong with an event outside of the chain.
const (
	StrayDeleted StrayProblem = "missing: the event was deleted before it was linked"
	StrayForeign StrayProblem = "not linked: the bot did not write it, or its link was deleted"
	StrayTwice   StrayProblem = "linked, but also marked as not linked yet"
	StrayLate    StrayProblem = "not linked for more than 10 minutes: is the bot running? It links events at start"
)

// UnlinkedLimit is how long an event may wait to be linked, which is done every two
// seconds, before it is a StrayLate.
const UnlinkedLimit = 10 * time.Minute

// pageRows is how many entries are read at once.
const pageRows = 1000

// beginning is the head of an empty trail.
func beginning() Head { return Head{0, noHash} }

// pages calls fn with the whole trail, page by page, while the next page is read. When
// it returns, nothing reads any more.
func pages(ctx context.Context, r Reading, fn func([]Entry) error) error {
	read, stop := make(chan []Entry, 1), make(chan struct{})
	var fault error
	go func() {
		defer close(read)
		fault = readPages(ctx, r, read, stop)
	}()
	for page := range read {
		if err := fn(page); err != nil {
			close(stop)
			for range read { // until the reader has ended
			}
			return err
		}
	}
	return fault
}

func readPages(ctx context.Context, r Reading, read chan<- []Entry, stop <-chan struct{}) error {
	for after := int64(math.MinInt64); ; {
		page, err := r.Entries(ctx, after, pageRows)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Position
		select {
		case read <- page:
		case <-stop:
			return nil
		}
	}
}

// entries calls fn with each entry, in the order of the chain, and stops at the
// first error of fn, which it returns.
func entries(ctx context.Context, r Reading, fn func(Entry) error) error {
	checkpoints, err := r.Checkpoints(ctx)
	if err != nil {
		return err
	}
	previous := noHash
	if n := len(checkpoints); n > 0 {
		previous = checkpoints[n-1].Hash
	}
	return pages(ctx, r, func(page []Entry) error {
		for _, e := range page {
			e.Previous = previous
			if err := fn(e); err != nil {
				return err
			}
			previous = e.Hash
		}
		return nil
	})
}
