package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// foundEntry is the entry of a pool that a request names.
type foundEntry struct {
	entry      zenlayer.Backend
	server     operation.Server
	problem    *commands.Problem // why there is not exactly one
	unsearched operation.Fault   // see Operation.Unsearched
}

// findEntry finds the entry of a pool that a request to remove a server names. Only
// exact matches are taken: an ID of an entry or of a server, else every entry with
// that name and every entry of a server with that name, host name or address. An
// error means that Zenlayer could not be read.
func (i *Intake) findEntry(ctx context.Context, reg commands.Registration, pool []zenlayer.Backend) (
	foundEntry, error) {
	none := func(zenlayer.Backend, string) bool { return false }
	byID := func(b zenlayer.Backend, id string) bool { return b.BackendID == id || b.InstanceID == id }
	if slices.Contains(reg.Picked, commands.KeyServer) {
		byID = func(b zenlayer.Backend, id string) bool { return b.BackendID == reg.Server && id == reg.Server }
	}
	hits := exactMatches(reg.Server, pool, byID, none)
	var found searched
	if len(hits) == 0 && !slices.Contains(reg.Picked, commands.KeyServer) {
		var err error
		if hits, found, err = i.entriesNamed(ctx, reg.Server, pool); err != nil {
			return foundEntry{}, err
		}
	}
	out := foundEntry{unsearched: operation.FaultOf(found.refused)}
	if len(hits) == 0 {
		out.problem = noEntry(reg.Server, pool, found.hits)
		return out, nil
	}
	if hits, out.problem = withPorts(hits, reg); out.problem != nil {
		return out, nil
	}
	if len(hits) > 1 {
		out.problem = severalEntries(reg.Server, hits)
		return out, nil
	}
	out.entry = hits[0]
	out.server = i.serverOf(ctx, out.entry, found.hits)
	return out, nil
}

// entriesNamed finds the entries by every name but an ID, and the servers that
// have it.
func (i *Intake) entriesNamed(ctx context.Context, text string, pool []zenlayer.Backend) (
	hits []zenlayer.Backend, found searched, err error) {
	if found.hits = knownServers(i.Catalog, text, ""); len(found.hits) == 0 {
		found, err = searchServers(ctx, i.Catalog, text,
			[]zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM})
	}
	if err != nil {
		return nil, found, err
	}
	no := func(zenlayer.Backend, string) bool { return false }
	own := exactMatches(text, pool, no, func(b zenlayer.Backend, name string) bool {
		return b.Name == name || b.InstanceName == name
	})
	for _, b := range pool {
		named := slices.ContainsFunc(own, func(o zenlayer.Backend) bool { return o.BackendID == b.BackendID })
		if named || slices.ContainsFunc(found.hits, func(s operation.Server) bool { return s.ID == b.InstanceID }) {
			hits = append(hits, b)
		}
	}
	return hits, found, nil
}

// withPorts keeps the entries with the ports that were asked for, if any were.
func withPorts(hits []zenlayer.Backend, reg commands.Registration) ([]zenlayer.Backend, *commands.Problem) {
	if len(reg.Ports) == 0 {
		return hits, nil
	}
	want := slices.Sorted(slices.Values(reg.Ports))
	fit := slices.DeleteFunc(slices.Clone(hits), func(b zenlayer.Backend) bool {
		ports, ok := operation.BackendPorts(b.Port)
		return !ok || !slices.Equal(ports, want)
	})
	if len(fit) > 0 {
		return fit, nil
	}
	p := severalEntries(reg.Server, hits)
	p.Text = fmt.Sprintf("No entry of %q has exactly these ports. On this listener it has %s.",
		operation.Clip(reg.Server, 64), labels(p.Choices, commands.MaxChoices))
	return nil, p
}

// severalEntries asks which of some entries is meant.
func severalEntries(given string, hits []zenlayer.Backend) *commands.Problem {
	times := "once"
	if len(hits) > 1 {
		times = strconv.Itoa(len(hits)) + " times"
	}
	p := &commands.Problem{Field: commands.KeyServer,
		Choices: choices(hits[:min(len(hits), commands.MaxChoices)], entryChoice)}
	p.Text = fmt.Sprintf("%q is on this listener %s. Use the backend ID of one entry, or its ports: %s.",
		operation.Clip(given, 64), times, labels(p.Choices, maxNamed))
	return p
}

// noEntry says that a text names no entry, and what it may mean. others are the
// servers that it names.
func noEntry(given string, pool []zenlayer.Backend, others []operation.Server) *commands.Problem {
	if len(others) > 0 {
		return &commands.Problem{Field: commands.KeyServer, Text: fmt.Sprintf("%q is not on this listener.",
			operation.Clip(given, 64))}
	}
	p := &commands.Problem{Field: commands.KeyServer,
		Text: fmt.Sprintf("No server called %q is on this listener.", operation.Clip(given, 64))}
	all := func(b []zenlayer.Backend) []zenlayer.Backend { return b }
	suggest(p, given, pool, all, entryChoice, func(b zenlayer.Backend) []string {
		return []string{b.Name, b.InstanceName, b.InstanceID, b.BackendID}
	})
	return p
}

// entryChoice is one entry to pick. The ports come first, because the entries of one
// server differ in them.
func entryChoice(b zenlayer.Backend) commands.Choice {
	parts := []string{cmp.Or(b.Name, b.InstanceName, b.InstanceID)}
	if b.Port != "" {
		parts[0] += " ports " + operation.Clip(b.Port, 40)
	}
	return commands.Choice{Value: b.BackendID, Label: strings.Join(append(parts, b.BackendID, b.InstanceID), " · ")}
}

// serverOf is the server of an entry: as it was found or is known, or else read by its
// ID. What cannot be read is left out.
func (i *Intake) serverOf(ctx context.Context, b zenlayer.Backend, found []operation.Server) operation.Server {
	for _, s := range slices.Concat(found, knownServers(i.Catalog, b.InstanceID, b.InstanceType)) {
		if s.ID == b.InstanceID {
			return s
		}
	}
	if b.InstanceID != "" && b.InstanceType != "" {
		read, _ := i.Catalog.DescribeInstances(ctx, b.InstanceType,
			zenlayer.InstanceFilter{InstanceIDs: []string{b.InstanceID}})
		for _, s := range read {
			if s.ID == b.InstanceID {
				return operation.ServerOf(s)
			}
		}
	}
	return operation.Server{ID: b.InstanceID, Name: cmp.Or(b.InstanceName, b.Name), Type: b.InstanceType}
}
