package home

import (
	"context"
	"fmt"
	"slices"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	view "lbbot/bot/slackapp/render/home"
)

// page finds out what the tab of a person shows.
func (h *Homes) page(ctx context.Context, w *watch, now look) (view.Page, error) {
	p := view.Page{At: h.Now(), Words: h.Words(), Paused: now.paused}
	a, place := w.actor, w.place
	switch d := h.Permission.Admit(ctx, a, place); {
	case d.Code == operation.DeniedUnchecked && w.shown != "":
		return p, fmt.Errorf("%s could not be read", d.What) // what is shown stays
	case !d.Allowed:
		p.Denied = &d
		return p, nil
	}
	last, err := h.Journal.Past(ctx, history.Page{Actor: a.UserID, Limit: lastRead})
	if err != nil {
		return p, err
	}
	h.divide(ctx, w, &p, now.open)
	p.InPart = len(now.open) >= history.MaxOpen
	for _, past := range last {
		if op := past.Operation; op.Actor.Owns(a) && !op.State.Open() && len(p.Last) < view.Last {
			p.Last = append(p.Last, view.Request{Past: past})
		}
	}
	d := h.Permission.Decide(ctx, operation.Question{Action: operation.ActionPause, Actor: a, Place: place, At: p.At})
	if d.Allowed {
		s := h.State()
		p.State = &s
	}
	return p, nil
}

// divide says what of the open requests waits for the person, and what else is theirs.
func (h *Homes) divide(ctx context.Context, w *watch, p *view.Page, open []history.Past) {
	for _, past := range open {
		switch op := past.Operation; {
		case askedOf(op, w.actor):
			p.Asked = append(p.Asked, view.Request{Past: past})
		case !op.Actor.Owns(w.actor):
		case op.State == operation.NeedsPerson:
			p.Stuck = append(p.Stuck, view.Request{Past: past})
		default:
			p.Running = append(p.Running, view.Request{Past: past})
		}
	}
	for i, list := range []*[]view.Request{&p.Asked, &p.Stuck, &p.Running} {
		p.More += max(0, len(*list)-view.Shown)
		*list = (*list)[:min(len(*list), view.Shown)]
		h.link(ctx, w, *list, i == 0)
	}
}

// link finds the addresses of cards. They are kept, because a card does not move.
func (h *Homes) link(ctx context.Context, w *watch, of []view.Request, approvers bool) {
	for i := range of {
		op := of[i].Operation
		link := w.links[op.ID]
		if link == "" {
			link = h.Link(ctx, op, approvers)
			if len(w.links) >= maxLinks {
				clear(w.links)
			}
			w.links[op.ID] = link
		}
		of[i].Link = link
	}
}

const (
	lastRead = 20  // requests of a person that are read for the last ones: some of them are open
	maxLinks = 100 // addresses that are kept for one person
)

// askedOf reports whether a person is asked to approve op and has not said anything.
func askedOf(op operation.Operation, a operation.Actor) bool {
	return op.State == operation.Waiting && op.Approval != nil && !op.Actor.Is(a) && !op.Approval.Voted(a) &&
		slices.Contains(op.Approval.Who.IDs, a.UserID)
}
