package slackapp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// linksWithin is how long the addresses of several cards are waited for.
const linksWithin = 2 * time.Second

// open answers status without an ID.
func (a *App) open(ctx context.Context, d delivery.Delivery) {
	list, all, err := a.Reader.OpenHere(ctx, d.Actor, d.Place)
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	shown := list[:min(len(list), private.OpenShown)]
	links := a.cardLinks(ctx, shown)
	requests := make([]private.OpenRequest, len(shown))
	for i, p := range shown {
		requests[i] = private.OpenRequest{Past: p, Link: links[i]}
	}
	a.tell(ctx, d, private.OpenRequests(requests, len(list)-len(shown), all))
}

// cardLinks reads the addresses of cards at the same time; one that is not known in
// time is empty.
func (a *App) cardLinks(ctx context.Context, of []history.Past) []string {
	ctx, cancel := context.WithTimeout(ctx, linksWithin)
	defer cancel()
	links := make([]string, len(of))
	var work sync.WaitGroup
	for i, p := range of {
		work.Go(func() { links[i] = a.Board.CardLink(ctx, p.Operation.ID) })
	}
	work.Wait()
	return links
}

// list answers list: the listener that is named exactly, else the listeners that
// match.
func (a *App) list(ctx context.Context, d delivery.Delivery, args []string) {
	text := strings.Join(args, " ")
	if text == "" {
		a.listListeners(ctx, d, "")
		return
	}
	on, err := a.Reader.ServersOn(ctx, commands.ReadListener(text), d.Actor, d.Place)
	if _, ok := errors.AsType[*commands.InputError](err); ok {
		a.listListeners(ctx, d, text)
		return
	}
	if e, ok := errors.AsType[*intake.UnavailableError](err); ok && on.Listener.ID != "" && e.What == "Zenlayer" {
		a.tell(ctx, d, private.ServersUnread(on.Listener, e))
		return
	}
	switch {
	case errors.Is(err, history.ErrPoolHidden):
		a.tell(ctx, d, private.ServersHidden(on.Listener))
	case err != nil:
		a.tell(ctx, d, a.problem(ctx, d, err))
	default:
		a.tell(ctx, d, private.ServersOn(on, a.Now()))
	}
}

// listListeners lists the listeners that a person may change from here.
func (a *App) listListeners(ctx context.Context, d delivery.Delivery, typed string) {
	found, err := a.Suggester.Listeners(ctx, d.Actor, d.Place, typed)
	if e, ok := errors.AsType[*suggest.DeniedError](err); ok {
		a.tell(ctx, d, private.ListenersDenied(e.Decision, a.wording()))
		return
	}
	if err != nil {
		listed, _ := a.Suggester.Listed()
		a.tell(ctx, d, private.ListenersUnknown(listed))
		return
	}
	all := slices.Concat(found.Lately, found.Others)
	if typed == "" {
		slices.SortStableFunc(all, func(a, b operation.Listener) int {
			return strings.Compare(a.LoadBalancerName+"/"+a.Name, b.LoadBalancerName+"/"+b.Name)
		})
	}
	a.tell(ctx, d, private.ListenerList(typed, all, found.More))
}

// foresee has the directory ask Slack who the person is and about the channel at the same time, while the journal is
// read: both are needed before the ack, one after the other. What it answers is not used here.
func (a *App) foresee(ctx context.Context, userID, channelID string) {
	look := func(id string, read func(context.Context, string) error) {
		if id != "" {
			a.lanes.besides(func() { _ = read(ctx, id) }) // an error is not kept: who needs the answer asks again
		}
	}
	look(userID, func(ctx context.Context, id string) error { _, err := a.Directory.Person(ctx, id); return err })
	look(channelID, func(ctx context.Context, id string) error { _, err := a.Directory.Channel(ctx, id); return err })
}
