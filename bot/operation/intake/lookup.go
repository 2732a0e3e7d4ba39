package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// findListener finds the listener that ref names exactly, among all listeners of
// the account. The problem says why there is not exactly one; the error means that
// Zenlayer could not be read.
func findListener(
	ctx context.Context, c operation.Catalog, ref commands.ListenerRef,
) (operation.Listener, *commands.Problem, error) {
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
	p := notExactlyOne(ref.Text, commands.KeyListener, "listeners", choices(hits, listenerChoice))
	if len(hits) == 0 {
		suggest(p, ref.Text, all, listenerChoice, func(l operation.Listener) []string {
			lb := l.LoadBalancerName
			return []string{l.Name, l.ID, lb + "/" + l.Name, lb + ":" + l.Port}
		})
	}
	return operation.Listener{}, p, nil
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
				len(hits), many, labels(hits))}
	}
	text := fmt.Sprintf("No %s called %q.", field, operation.Clip(given, 64))
	for _, f := range commands.RegisterFields() {
		if f.Key == field {
			text += " Give " + f.Help + "."
		}
	}
	return &commands.Problem{Field: field, Text: text}
}

// suggest adds what a text that names nothing comes closest to.
func suggest[T any](p *commands.Problem, given string, all []T, choice func(T) commands.Choice,
	spellings func(T) []string) {
	word := given
	if whole, _ := commands.Inside(given); len(whole) > 0 {
		word = whole[0]
	}
	for _, at := range commands.Nearest(word, len(all), commands.MaxChoices,
		func(i int) []string { return spellings(all[i]) }) {
		p.Choices = append(p.Choices, choice(all[at]))
	}
	if len(p.Choices) > 0 {
		p.Text = fmt.Sprintf("No %s called %q. Closest: %s.", p.Field, operation.Clip(given, 64), labels(p.Choices))
	}
}

func choices[T any](of []T, choice func(T) commands.Choice) []commands.Choice {
	out := make([]commands.Choice, len(of))
	for i, t := range of {
		out[i] = choice(t)
	}
	return out
}

// labels names the first choices in a sentence, each with its ID; the buttons
// have all of them.
func labels(of []commands.Choice) string {
	of = of[:min(len(of), 3)]
	out := make([]string, len(of))
	for i, c := range of {
		name, _, _ := strings.Cut(c.Label, " · ")
		out[i] = operation.Clip(name, 40) + " (" + operation.Clip(c.Value, 40) + ")"
	}
	return strings.Join(out, ", ")
}
