package home

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	view "lbbot/bot/slackapp/render/home"
)

// pass looks at the journal once, and publishes what changed.
func (h *Homes) pass(people []*watch) {
	ctx, cancel := context.WithTimeout(h.ctx, passWithin)
	defer cancel()
	now, err := h.look(ctx)
	if err != nil {
		h.Log.Info("home tabs are not updated: the journal could not be read", zap.Error(err))
		return
	}
	free := make(chan struct{}, publishers)
	var work sync.WaitGroup
	for _, w := range people {
		seen := now.fingerprint(w.actor)
		if !h.take(w) && seen == w.seen && h.Now().Sub(w.madeAt) < wholeEvery {
			continue
		}
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			h.update(ctx, w, now, seen)
		})
	}
	work.Wait()
}

// look is what was read of the journal.
type look struct {
	open     []history.Past
	accepted []history.Past // lately
	paused   *operation.Pause
}

func (h *Homes) look(ctx context.Context) (now look, err error) {
	if now.open, err = h.Journal.Open(ctx); err != nil {
		return now, err
	}
	if now.accepted, err = h.Journal.Past(ctx, history.Page{Since: h.Now().Add(-lately), Limit: 200}); err != nil {
		return now, err
	}
	now.paused, err = h.Pauses.Paused(ctx)
	return now, err
}

// take reports whether the tab was opened since it was made last.
func (h *Homes) take(w *watch) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := w.asked
	w.asked = false
	return asked
}

// again has the next look make the tab.
func (h *Homes) again(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.asked = true
}

// fingerprint tells apart what concerns a person.
func (l look) fingerprint(a operation.Actor) string {
	var seen []string
	if l.paused != nil {
		seen = append(seen, l.paused.At.String())
	}
	for _, list := range [][]history.Past{l.open, l.accepted} {
		for _, p := range list {
			if op := p.Operation; op.Actor.Owns(a) || askedOf(op, a) {
				seen = append(seen, op.ID+":"+strconv.FormatInt(op.Version, 10))
			}
		}
		seen = append(seen, "")
	}
	return strings.Join(seen, " ")
}

// update makes the tab of one person and publishes it if it shows something new.
func (h *Homes) update(ctx context.Context, w *watch, now look, seen string) {
	defer func() {
		if cause := recover(); cause != nil { // it must not end the bot
			h.Log.Error("making a home tab panicked", zap.Any("problem", cause), zap.Stack("stack"))
		}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, readWithin, errors.New("a home tab took longer than "+
		readWithin.String()))
	defer cancel()
	w.seen, w.madeAt = seen, h.Now()
	page, err := h.page(ctx, w, now)
	if err != nil {
		h.Log.Info("a home tab could not be made", zap.String("actor", w.actor.UserID), zap.Error(err))
		w.madeAt = w.madeAt.Add(retryAfter - wholeEvery)
		return
	}
	shown := contentOf(view.View(page.Timeless()))
	switch {
	case shown == w.shown:
	case h.Now().Sub(w.publishedAt) < pause:
		h.again(w)
	default:
		h.publish(ctx, w, page, shown)
	}
}

func (h *Homes) publish(ctx context.Context, w *watch, page view.Page, shown string) {
	w.publishedAt = h.Now()
	hash, err := h.Web.PublishHome(ctx, w.actor.UserID, w.hash, view.View(page))
	if err == nil {
		w.shown, w.hash = shown, hash
		return
	}
	w.shown, w.hash = "", ""
	switch h.Code(err) {
	case "not_enabled":
		h.noTab.Do(func() {
			h.Log.Info("the Home tab is switched off in the app's settings: it is not shown", zap.Error(err))
		})
	case "hash_conflict": // another replica has published since
		h.again(w)
	default:
		h.Log.Info("a home tab could not be published", zap.String("actor", w.actor.UserID), zap.Error(err))
		w.madeAt = w.madeAt.Add(retryAfter - wholeEvery)
	}
}

// contentOf identifies what a view shows.
func contentOf(v slack.HomeTabViewRequest) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // shown, whatever was shown before
	}
	sum := sha256.Sum256(b)
	return string(sum[:])
}
