package catalog

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// list is one of the lists, as the goroutine of Run plans its readings.
type list struct {
	name   string
	read   func(ctx context.Context, at time.Time) error
	ended  time.Time // of the last reading
	due    time.Time // of the next one
	failed int       // readings in a row
}

// Run reads the lists until ctx ends: at once, then as the package comment says. It returns only when no reading is
// under way, and starts no goroutine.
func (c *Catalog) Run(ctx context.Context) error {
	lists := []*list{{name: "listeners", read: c.readListeners}, {name: "servers", read: c.readServers}}
	for ctx.Err() == nil {
		next := c.now().Add(every)
		for _, l := range lists {
			if !l.due.After(c.now()) {
				c.refresh(ctx, l)
			}
			if l.due.Before(next) {
				next = l.due
			}
		}
		c.rest(ctx, next, lists)
	}
	return nil
}

// rest returns when a list is due, or ctx ends. Wake makes those due that were not read within freshFor.
func (c *Catalog) rest(ctx context.Context, next time.Time, lists []*list) {
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
		for _, l := range lists {
			if now := c.now(); now.Sub(l.ended) >= freshFor {
				l.due, woken = now, true
			}
		}
	}
}

// refresh reads one list and plans its next reading.
func (c *Catalog) refresh(ctx context.Context, l *list) {
	reading, cancel := context.WithTimeoutCause(ctx, readWithin,
		fmt.Errorf("reading took longer than %s", readWithin))
	defer cancel()
	reading = zenlayer.WithWaiting(reading, zenlayer.Waiting{Rank: operation.RankRefresh, Background: true})
	err := guarded(reading, c.now(), l.read)
	if ctx.Err() != nil {
		return
	}
	l.ended = c.now()
	l.due = l.ended.Add(every)
	c.metrics.refreshed(l.name, err)
	switch {
	case err == nil && l.failed > 0:
		c.log.Info("list for the form can be read again", zap.String("list", l.name))
		l.failed = 0
	case err != nil:
		if l.failed == 0 {
			c.log.Warn("list for the form cannot be read", zap.String("list", l.name), zap.Error(err))
		}
		l.due = l.ended.Add(min(every, firstRetry<<min(l.failed, 10)))
		l.failed++
	}
}

// guarded turns a panic into an error: it must not end the bot.
func guarded(ctx context.Context, at time.Time, read func(context.Context, time.Time) error) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("reading panicked: %v", problem)
		}
	}()
	return read(ctx, at)
}

func (c *Catalog) readListeners(ctx context.Context, at time.Time) error {
	lbs, err := c.source.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{})
	if err != nil {
		return fmt.Errorf("reading load balancers: %w", err)
	}
	l := newListeners(at, lbs)
	c.listeners.Store(l)
	c.metrics.read("listeners", at)
	c.metrics.count("listeners", len(l.items))
	return nil
}

// readServers reads bare metal and virtual machines. Keys that may not ask for virtual machines exist: then only
// bare metal is offered.
func (c *Catalog) readServers(ctx context.Context, at time.Time) error {
	bm, err := c.instances(ctx, zenlayer.InstanceBM)
	if err != nil {
		return err
	}
	vm, err := c.instances(ctx, zenlayer.InstanceVM)
	if err != nil && !operation.RefusedToBeAsked(err) {
		return err
	}
	c.servers.Store(newServers(at, bm, vm))
	c.metrics.read("servers", at)
	c.metrics.count("bare_metal", len(bm))
	c.metrics.count("virtual_machines", len(vm))
	return nil
}

func (c *Catalog) instances(ctx context.Context, kind zenlayer.InstanceType) ([]zenlayer.Instance, error) {
	got, err := c.source.DescribeInstances(ctx, kind, zenlayer.InstanceFilter{})
	if zenlayer.IsNotFound(err) { // it has none
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading servers of type %s: %w", kind, err)
	}
	return got, nil
}
