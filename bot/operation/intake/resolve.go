package intake

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// resolved is what the names of a registration mean.
type resolved struct {
	listener   operation.Listener
	server     operation.Server
	unsearched operation.Fault // see Operation.Unsearched
}

// resolve finds the listener and the server that a registration names, but none
// whose field is wrong already. Only exact matches are taken; what keeps it from
// finding exactly one of each is in the problems, which offer what may be changed. An error is an
// *commands.InputError that says it all, or means that Zenlayer could not be
// read.
func resolve(
	ctx context.Context, c operation.Catalog, reg commands.Registration, wrong []commands.Problem, may changeable,
) (resolved, []commands.Problem, error) {
	var (
		out              resolved
		noListener, noID *commands.Problem
	)
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if concernsField(wrong, commands.KeyListener) {
			return nil
		}
		out.listener, noListener, err = findListener(both, c, reg.Listener, may)
		if gone := goneOf(reg, commands.KeyListener, reg.Listener.Text, out.listener.ID); gone != nil {
			out.listener, noListener = operation.Listener{}, gone
		}
		return err
	})
	g.Go(func() (err error) {
		if concernsField(wrong, commands.KeyServer) {
			return nil
		}
		out.server, out.unsearched, noID, err = findServer(both, c, reg.Server, reg.Type)
		if gone := goneOf(reg, commands.KeyServer, reg.Server, out.server.ID); gone != nil {
			out.server, noID = operation.Server{}, gone
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return resolved{}, nil, err
	}
	if noListener != nil && noID != nil {
		if e := swapped(ctx, c, reg); e != nil {
			return resolved{}, nil, e
		}
	}
	var problems []commands.Problem
	for _, p := range []*commands.Problem{noListener, noID, directPorts(out.listener, reg)} {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	return out, problems, nil
}

// goneOf says that nothing has the ID that was picked, if it is only the name of
// something else now.
func goneOf(reg commands.Registration, field, picked, found string) *commands.Problem {
	if found == "" || found == picked || !slices.Contains(reg.Picked, field) {
		return nil
	}
	return notExactlyOne(picked, field, "", nil)
}

// concernsField reports whether one of the problems is about one of the fields.
func concernsField(problems []commands.Problem, fields ...string) bool {
	return slices.ContainsFunc(problems, func(p commands.Problem) bool { return slices.Contains(fields, p.Field) })
}

// inputError builds the error for problems found by looking things up, with
// the fields that have none kept for the form, if the verb has one.
func inputError(reg commands.Registration, problems ...commands.Problem) *commands.InputError {
	e := &commands.InputError{Problems: problems, Verb: reg.Verb}
	if reg.Verb == "" || reg.Verb == commands.VerbRegister {
		e.Values = reg.Values()
	}
	for _, p := range problems {
		delete(e.Values, p.Field)
		if len(p.Choices) > 0 {
			e.Asked = reg.Values()
		}
	}
	return e
}

func directPorts(l operation.Listener, reg commands.Registration) *commands.Problem {
	if l.Kind != operation.DirectRouting || len(reg.Ports) == 0 {
		return nil
	}
	ports := make([]string, len(reg.Ports))
	for i, p := range reg.Ports {
		ports[i] = strconv.Itoa(p)
	}
	given := "ports=" + strings.Join(ports, ",")
	return &commands.Problem{Field: commands.KeyPorts, Given: given,
		Text: "This listener uses direct routing, so ports follow the listener. Remove " + given + "."}
}

// swapped recognises a server in the listener's place and the listener in the
// server's, where neither is found as it was given. It returns nil unless each
// is exactly one thing the other way round.
func swapped(ctx context.Context, c operation.Catalog, reg commands.Registration) *commands.InputError {
	values := reg.Values()
	values[commands.KeyListener], values[commands.KeyServer] = reg.Server, reg.Listener.Text
	right, err := commands.BuildRegistration(values)
	found := err == nil
	if found {
		_, none, err := findListener(ctx, c, right.Listener, nil)
		found = none == nil && err == nil
	}
	if found {
		_, _, none, err := findServer(ctx, c, right.Server, right.Type)
		found = none == nil && err == nil
	}
	if !found {
		return nil
	}
	return &commands.InputError{Values: right.Values(), Corrected: right.CommandLine(),
		Problems: []commands.Problem{{Field: commands.KeyListener,
			Text: right.Server + " is a server, and the first value should be a listener. Swap the two."}}}
}

// Find returns the listener that a reference means and, unless its text is
// empty, the server, in the way a command is understood: exact matches only.
// The error is a *commands.InputError when there is not exactly one; otherwise
// Zenlayer could not be read. It blocks for as long as ctx lets it.
func Find(ctx context.Context, c operation.Catalog, ref commands.ListenerRef, server string,
	kind zenlayer.InstanceType) (operation.Listener, operation.Server, error) {
	l, p, err := findListener(ctx, c, ref, nil)
	if err != nil {
		return operation.Listener{}, operation.Server{}, err
	}
	var s operation.Server
	var noServer *commands.Problem
	if server != "" {
		if s, _, noServer, err = findServer(ctx, c, server, kind); err != nil {
			return operation.Listener{}, operation.Server{}, err
		}
	}
	var problems []commands.Problem
	for _, problem := range []*commands.Problem{p, noServer} {
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	if len(problems) > 0 {
		return operation.Listener{}, operation.Server{}, &commands.InputError{Problems: problems}
	}
	return l, s, nil
}
