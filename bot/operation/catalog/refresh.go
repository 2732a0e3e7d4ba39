package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// plan is when one of the lists is read.
type plan struct {
	name   string
	read   func(ctx context.Context, at time.Time) error
	ended  time.Time // the last reading
	due    time.Time // the next one
	after  time.Time // not before: Zenlayer asked to wait
	failed int       // readings in a row
}

// Run reads the lists until ctx ends: at once, then as the package comment says. It returns when no reading is under
// way, and starts no goroutine.
func (c *Catalog) Run(ctx context.Context) error {
	plans := []*plan{{name: "listeners", read: c.readListeners}, {name: "servers", read: c.readServers}}
	for ctx.Err() == nil {
		for _, p := range plans {
			if !p.due.After(c.now()) {
				c.refresh(ctx, p)
			}
		}
		c.rest(ctx, plans)
	}
	return nil
}

// rest returns when a list is due, or ctx ends. Wake makes those due that were not read within freshFor, unless
// Zenlayer asked to wait longer.
func (c *Catalog) rest(ctx context.Context, plans []*plan) {
	next := plans[0].due
	for _, p := range plans {
		if p.due.Before(next) {
			next = p.due
		}
	}
	timer := time.NewTimer(next.Sub(c.now()))
	defer timer.Stop()
	for woken := false; !woken; {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-c.woken:
		}
		for _, p := range plans {
			if now := c.now(); now.Sub(p.ended) >= freshFor && !now.Before(p.after) {
				p.due, woken = now, true
			}
		}
	}
}

// refresh reads one list and plans its next reading.
func (c *Catalog) refresh(ctx context.Context, p *plan) {
	err := within(ctx, c.now(), p.read)
	if ctx.Err() != nil {
		return
	}
	c.metrics.refreshed(p.name, err)
	p.ended = c.now()
	if err == nil {
		if p.failed > 0 {
			c.log.Info("list for the form can be read again", zap.String("list", p.name))
		}
		p.due, p.failed = p.ended.Add(every), 0
		return
	}
	if p.failed == 0 {
		c.log.Warn("list for the form cannot be read", zap.String("list", p.name), zap.Error(err))
	}
	if api, ok := errors.AsType[*zenlayer.APIError](err); ok {
		p.after = p.ended.Add(min(every, api.RetryAfter))
	}
	p.due = p.ended.Add(min(every, firstRetry<<min(p.failed, 10))) // longer each time
	if p.due.Before(p.after) {
		p.due = p.after
	}
	p.failed++
}

// within reads for a limited time, after everybody else's calls, and turns a panic into an error: it must not end the
// bot.
func within(ctx context.Context, at time.Time, read func(context.Context, time.Time) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readWithin, errReadWithin)
	defer cancel()
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("reading panicked: %v", problem)
		}
	}()
	// Background leaves half of the calls that may be made at once to others; the rank is below all of theirs.
	err = read(zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankRefresh, Background: true}), at)
	if errors.Is(err, context.DeadlineExceeded) {
		err = cmp.Or(context.Cause(ctx), err)
	}
	return err
}

var errReadWithin = errors.New("reading took longer than " + readWithin.String())

func (c *Catalog) readListeners(ctx context.Context, at time.Time) error {
	lbs, err := c.source.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{Loose: true})
	moved := errors.Is(err, zenlayer.ErrMoved)
	if err != nil && !moved {
		return fmt.Errorf("reading load balancers: %w", err)
	}
	l := newListeners(at, lbs)
	l.moved = moved
	c.listeners.Store(l)
	c.metrics.read("listeners", at)
	c.metrics.count("listeners", len(l.items))
	return nil
}

// readServers reads bare metal and virtual machines. Keys that may not ask for virtual machines exist: then only
// bare metal is offered.
func (c *Catalog) readServers(ctx context.Context, at time.Time) error {
	entries, err := c.addInstances(ctx, nil, zenlayer.InstanceBM)
	moved := errors.Is(err, zenlayer.ErrMoved)
	if err != nil && !moved {
		return err
	}
	bareMetal := len(entries)
	entries, err = c.addInstances(ctx, entries, zenlayer.InstanceVM)
	if errors.Is(err, zenlayer.ErrMoved) {
		moved, err = true, nil
	}
	refused := operation.RefusedToBeAsked(err)
	if err != nil && !refused {
		return err
	}
	if refused && !c.bareMetalOnly {
		c.log.Warn("virtual machines cannot be listed", zap.Error(err))
	}
	c.bareMetalOnly = refused
	s := &servers{list: newList(at, entries), bareMetalOnly: refused}
	s.moved = moved
	c.servers.Store(s)
	c.metrics.read("servers", at)
	c.metrics.count("bare_metal", bareMetal)
	c.metrics.count("virtual_machines", len(entries)-bareMetal)
	return nil
}

// addInstances adds all instances of a kind; with an error it adds none, unless that is ErrMoved.
func (c *Catalog) addInstances(
	ctx context.Context, to []entry[operation.Server], kind zenlayer.InstanceType,
) ([]entry[operation.Server], error) {
	got, err := c.source.DescribeInstances(ctx, kind, zenlayer.InstanceFilter{Loose: true})
	if err != nil && !zenlayer.IsNotFound(err) { // not found: it has none
		err = fmt.Errorf("reading servers of type %s: %w", kind, err)
	} else {
		err = nil
	}
	return addServers(to, got), err
}
