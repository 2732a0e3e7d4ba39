package operation

import (
	"context"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// Find returns the listener that a reference means and, unless its text is
// empty, the server, in the way a command is understood: exact matches only.
// The error is a *commands.InputError when there is not exactly one; otherwise
// Zenlayer could not be read. It blocks for as long as ctx lets it.
func Find(ctx context.Context, c Catalog, ref commands.ListenerRef, server string, kind zenlayer.InstanceType) (Listener, Server, error) {
	l, p, err := findListener(ctx, c, ref)
	if err != nil {
		return Listener{}, Server{}, err
	}
	var s Server
	var noServer *commands.Problem
	if server != "" {
		if s, _, noServer, err = findServer(ctx, c, server, kind); err != nil {
			return Listener{}, Server{}, err
		}
	}
	var problems []commands.Problem
	for _, problem := range []*commands.Problem{p, noServer} {
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	if len(problems) > 0 {
		return Listener{}, Server{}, &commands.InputError{Problems: problems}
	}
	return l, s, nil
}
