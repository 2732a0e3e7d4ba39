package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// changeable returns those of some listeners that a person may change. Nil returns all.
type changeable func([]operation.Listener) []operation.Listener

// changeableBy asks which listeners may be offered to a person in place of the one
// that they named. Where Slack or the policy cannot be asked, all of them: the
// preview decides again. It asks Slack for no more than Decide, which is not asked
// without a listener.
func (i *Intake) changeableBy(ctx context.Context, a Request, action operation.Action) changeable {
	if i.Offers == nil {
		return nil
	}
	return func(all []operation.Listener) []operation.Listener {
		if len(all) == 0 {
			return nil
		}
		ctx, cancel := context.WithTimeoutCause(ctx, offerWithin, errOfferWithin)
		defer cancel()
		may, d := i.Offers.MayChange(ctx, operation.Question{Action: action, Actor: a.Actor,
			Place: a.Place, Account: i.Settings.Account, At: i.Now()}, all)
		if !d.Allowed {
			return all
		}
		var allowed []operation.Listener
		for n, l := range all {
			if may[n] {
				allowed = append(allowed, l)
			}
		}
		return allowed
	}
}

// FindListener finds the listener that ref names exactly, among all listeners of the
// account. The problem says why there is not exactly one; the error means that
// Zenlayer could not be read.
func FindListener(ctx context.Context, c operation.Catalog, ref commands.ListenerRef) (
	operation.Listener, *commands.Problem, error) {
	return findListener(ctx, c, ref, nil)
}

// findListener finds the listener that ref names exactly, among all listeners of
// the account. The problem says why there is not exactly one, and offers what may
// be changed; the error means that Zenlayer could not be read.
func findListener(
	ctx context.Context, c operation.Catalog, ref commands.ListenerRef, may changeable,
) (operation.Listener, *commands.Problem, error) {
	if l, ok := knownListener(c, ref.Text); ok {
		return l, nil, nil
	}
	lbs, err := c.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{})
	if err != nil {
		return operation.Listener{}, nil, fmt.Errorf("reading load balancers: %w", err)
	}
	var all []operation.Listener
	for _, lb := range lbs {
		for _, l := range lb.Listeners {
			all = append(all, operation.ListenerOf(l, lb))
		}
	}
	hits := exactMatches(ref.Text, all, func(l operation.Listener, id string) bool { return l.ID == id },
		func(l operation.Listener, text string) bool { return listenerMatches(l, commands.ReadListener(text)) })
	if len(hits) == 1 {
		return hits[0], nil, nil
	}
	if may == nil {
		may = func(all []operation.Listener) []operation.Listener { return all }
	}
	return operation.Listener{}, notOneListener(ref.Text, hits, all, may), nil
}

// notOneListener says that a text names none or several of all listeners.
func notOneListener(given string, hits, all []operation.Listener, may changeable) *commands.Problem {
	if len(hits) == 0 {
		own := slices.DeleteFunc(slices.Clone(all), func(l operation.Listener) bool {
			return given != l.LoadBalancerID && !strings.EqualFold(given, l.LoadBalancerName)
		})
		if len(own) > 0 {
			return ofBalancer(given, may(own))
		}
		p := notExactlyOne(given, commands.KeyListener, "listeners", nil)
		suggest(p, given, all, may, listenerChoice, func(l operation.Listener) []string {
			lb := l.LoadBalancerName
			return []string{l.Name, l.ID, lb + "/" + l.Name, lb + ":" + l.Port}
		})
		return p
	}
	p := notExactlyOne(given, commands.KeyListener, "listeners", choices(hits, listenerChoice))
	allowed := choices(may(hits), listenerChoice)
	if len(allowed) < len(hits) {
		p.Choices = allowed[:min(len(allowed), commands.MaxChoices)]
		p.Text = fmt.Sprintf("%q matches %d listeners. You may change %s.", operation.Clip(given, 64), len(hits),
			cmp.Or(labels(p.Choices, commands.MaxChoices), "none of them from here"))
	}
	return p
}

// ofBalancer says that a text names a load balancer, and which of its listeners may be changed.
func ofBalancer(given string, allowed []operation.Listener) *commands.Problem {
	p := &commands.Problem{Field: commands.KeyListener,
		Choices: choices(allowed[:min(len(allowed), commands.MaxChoices)], listenerChoice)}
	next := "You may change none of its listeners from here"
	if len(allowed) > len(p.Choices) {
		next = fmt.Sprintf("Choose one of its %d listeners, such as %s", len(allowed), labels(p.Choices, maxNamed))
	} else if len(allowed) > 0 {
		next = "Choose one of its listeners: " + labels(p.Choices, commands.MaxChoices)
	}
	p.Text = fmt.Sprintf("%q is a load balancer. %s.", operation.Clip(given, 64), next)
	return p
}

func listenerMatches(l operation.Listener, ref commands.ListenerRef) bool {
	if ref.LoadBalancer != "" && ref.LoadBalancer != l.LoadBalancerName && ref.LoadBalancer != l.LoadBalancerID {
		return false
	}
	if ref.Port != 0 {
		ports, ok := operation.BackendPorts(l.Port)
		return ref.LoadBalancer != "" && ok && slices.Contains(ports, ref.Port)
	}
	return ref.Name != "" && (ref.Name == l.Name || ref.LoadBalancer != "" && ref.Name == l.ID)
}

func listenerChoice(l operation.Listener) commands.Choice {
	return commands.Choice{Value: l.ID, Label: l.LoadBalancerName + "/" + l.Name + " · " + l.ID + " · " + l.Protocol +
		" " + l.Port}
}

// exactMatches returns the entries of all that text names. It compares IDs before
// names, and the text as typed before its readings (commands.Inside). If nothing
// matches, a piece of a pasted address may.
func exactMatches[T any](text string, all []T, byID, byName func(T, string) bool) []T {
	filter := func(fits func(T, string) bool, texts ...string) []T {
		return slices.DeleteFunc(slices.Clone(all), func(t T) bool {
			return !slices.ContainsFunc(texts, func(text string) bool { return text != "" && fits(t, text) })
		})
	}
	whole, pieces := commands.Inside(text)
	for _, reading := range append([]string{text}, whole...) {
		for _, fits := range []func(T, string) bool{byID, byName} {
			if hits := filter(fits, reading); len(hits) > 0 {
				return hits
			}
		}
	}
	if hits := filter(byID, pieces...); len(hits) > 0 {
		return hits
	}
	return filter(byName, pieces...)
}

// notExactlyOne says that a text names none or several.
func notExactlyOne(given, field, many string, hits []commands.Choice) *commands.Problem {
	if len(hits) > 1 {
		return &commands.Problem{Field: field, Choices: hits[:min(len(hits), commands.MaxChoices)],
			Text: fmt.Sprintf("%q matches %d %s. Use the ID of one, such as %s.", operation.Clip(given, 64),
				len(hits), many, labels(hits, maxNamed))}
	}
	text := fmt.Sprintf("No %s called %q.", field, operation.Clip(given, 64))
	for _, f := range commands.RegisterFields() {
		if f.Key == field {
			text += " Give " + f.Help + "."
		}
	}
	return &commands.Problem{Field: field, Text: text}
}

// The limits of what is suggested.
const (
	maxNamed   = 3  // in a sentence that says how many there are
	maxNearest = 50 // of which may leaves some
)

// suggest adds what a text that names nothing may mean: what contains it, then what
// comes closest to it, as far as may returns it.
func suggest[T any](p *commands.Problem, given string, all []T, may func([]T) []T, choice func(T) commands.Choice,
	spellings func(T) []string) {
	word := given
	if whole, _ := commands.Inside(given); len(whole) > 0 {
		word = whole[0]
	}
	var begin, near []T
	for _, t := range all {
		switch at := firstIn(spellings(t), word); {
		case at == 0:
			begin = append(begin, t)
		case at > 0:
			near = append(near, t)
		}
	}
	near = append(begin, near...)
	for _, at := range commands.Nearest(word, len(all), maxNearest,
		func(i int) []string { return slices.DeleteFunc(spellings(all[i]), isAddress) }) {
		if firstIn(spellings(all[at]), word) < 0 {
			near = append(near, all[at])
		}
	}
	near = may(near)
	containing := 0
	for _, t := range near {
		if firstIn(spellings(t), word) >= 0 {
			containing++
		}
	}
	p.Choices = choices(near[:min(len(near), commands.MaxChoices)], choice)
	if containing > len(p.Choices) {
		p.Text = fmt.Sprintf("No %s called %q. %d contain it, such as %s.", p.Field, operation.Clip(given, 64),
			containing, labels(p.Choices, maxNamed))
	} else if len(p.Choices) > 0 {
		p.Text = fmt.Sprintf("No %s called %q. Closest: %s.", p.Field, operation.Clip(given, 64),
			labels(p.Choices, commands.MaxChoices))
	}
}

// firstIn is the first place where a word stands in one of some texts, without regard
// to case; -1: it does not, or it is too short to tell anything.
func firstIn(texts []string, word string) (first int) {
	first = -1
	if len(word) < 2 {
		return first
	}
	for _, text := range texts {
		at := strings.Index(strings.ToLower(text), strings.ToLower(word))
		if at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// isAddress: an address that is nearly the same is another server.
func isAddress(text string) bool {
	_, ok := address(text)
	return ok
}

func choices[T any](of []T, choice func(T) commands.Choice) []commands.Choice {
	out := make([]commands.Choice, len(of))
	for i, t := range of {
		out[i] = choice(t)
	}
	return out
}

// labels names the first choices in a sentence, each with its ID.
func labels(of []commands.Choice, most int) string {
	of = of[:min(len(of), most)]
	out := make([]string, len(of))
	for i, c := range of {
		name, _, _ := strings.Cut(c.Label, " · ")
		out[i] = operation.Clip(name, 40) + " (" + operation.Clip(c.Value, 40) + ")"
	}
	return strings.Join(out, ", ")
}
