package intake

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// findServer finds the server that a text names, among bare metal and virtual
// machines unless the type is given. Keys that may not ask for virtual machines
// exist: then a bare metal server is taken, and unsearched says why it is not
// known whether a virtual machine has the same name.
func findServer(ctx context.Context, c operation.Catalog, text string,
	kind zenlayer.InstanceType) (s operation.Server, unsearched operation.Fault, p *commands.Problem, err error) {
	if known := knownServers(c, text, kind); len(known) == 1 {
		return known[0], operation.Fault{}, nil, nil
	}
	kinds := []zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM}
	if kind != "" {
		kinds = []zenlayer.InstanceType{kind}
	}
	found, err := searchServers(ctx, c, text, kinds)
	switch {
	case err != nil:
		return operation.Server{}, operation.Fault{}, nil, err
	case len(found.hits) == 1:
		return found.hits[0], operation.FaultOf(found.refused), nil, nil
	case len(found.hits) == 0 && found.refused != nil:
		return operation.Server{}, operation.Fault{}, nil, found.refused
	}
	p = notExactlyOne(text, commands.KeyServer, "servers", choices(found.hits, serverChoice))
	if len(found.hits) == 0 {
		all := func(i []zenlayer.Instance) []zenlayer.Instance { return i } // no rule hides a server by itself
		choice := func(i zenlayer.Instance) commands.Choice { return serverChoice(operation.ServerOf(i)) }
		suggest(p, text, found.all, all, choice, func(i zenlayer.Instance) []string {
			return slices.Concat([]string{i.Name, i.ID, i.Hostname}, i.PrivateIPs, i.PublicIPs, i.IPv6s)
		})
	}
	if len(found.hits) == 0 && kind != "" {
		p.Text = strings.Replace(p.Text, "No server", "No "+kindWords(kind), 1)
		other := otherKind(kind)
		if there, err := searchServers(ctx, c, text, []zenlayer.InstanceType{other}); err == nil &&
			len(there.hits) > 0 {
			p = &commands.Problem{Field: commands.KeyType, Given: "type=" + strings.ToLower(string(kind)),
				Text: fmt.Sprintf(
					"%s is a %s, not a %s. Leave the type out, or use type=%s.", operation.Clip(text,
						64), kindWords(other), kindWords(kind), strings.ToLower(string(other)))}
		}
	}
	return operation.Server{}, operation.Fault{}, p, nil
}

func otherKind(k zenlayer.InstanceType) zenlayer.InstanceType {
	if k == zenlayer.InstanceVM {
		return zenlayer.InstanceBM
	}
	return zenlayer.InstanceVM
}

func kindWords(k zenlayer.InstanceType) string {
	if k == zenlayer.InstanceVM {
		return "virtual machine"
	}
	return "bare metal server"
}

// searched is what a search for a server found.
type searched struct {
	hits    []operation.Server
	all     []zenlayer.Instance // of the kinds that were read whole; empty if that was not needed
	refused error               // why virtual machines were left out
}

// searchServers asks for instances by ID first, then by name, host name and
// address. What the API's filters do not find, such as a host name in other
// case, is looked for in the list of all. Virtual machines may be refused if
// they are not all that is asked for.
func searchServers(ctx context.Context, c operation.Catalog, text string,
	kinds []zenlayer.InstanceType) (found searched, err error) {
	leftOut := false
	read := func(k zenlayer.InstanceType, f zenlayer.InstanceFilter) ([]zenlayer.Instance, error) {
		if k == zenlayer.InstanceVM && leftOut {
			return nil, nil
		}
		got, err := c.DescribeInstances(ctx, k, f)
		if err != nil {
			got, err = nil, fmt.Errorf("reading servers: %w", err)
		}
		if k == zenlayer.InstanceVM && len(kinds) > 1 && operation.RefusedToBeAsked(err) {
			leftOut, found.refused, err = true, err, nil // the caller decides whether it matters
		}
		return got, err
	}
	for _, ask := range serverQuestions(text) {
		for _, k := range kinds {
			for _, f := range ask(k) {
				got, err := read(k, f)
				if err != nil && !zenlayer.IsNotFound(err) { // not found: it has none
					return searched{}, err
				}
				found.hits = appendNew(found.hits, got, text)
			}
		}
		if len(found.hits) > 0 {
			return found, nil
		}
	}
	for _, k := range kinds {
		got, err := read(k, zenlayer.InstanceFilter{})
		if err != nil && !zenlayer.IsNotFound(err) { // not found: it has none
			return searched{}, err
		}
		found.all = append(found.all, got...)
	}
	for _, i := range exactMatches(text, found.all, func(i zenlayer.Instance, id string) bool { return i.ID == id },
		serverMatches) {
		found.hits = append(found.hits, operation.ServerOf(i))
	}
	return found, nil
}

// serverQuestions are the ways in which text may name a server, surest first.
func serverQuestions(text string) []func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
	if whole, pieces := commands.Inside(text); len(whole)+len(pieces) > 0 {
		return nil // no name as it stands: the list of all has to be read
	}
	if addr, ok := address(text); ok {
		if addr.Is6() {
			return nil // the API filters by IPv4 addresses only
		}
		ip := []string{addr.String()}
		byAddress := func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
			return []zenlayer.InstanceFilter{{PrivateIPs: ip}, {PublicIPs: ip}}
		}
		return []func(zenlayer.InstanceType) []zenlayer.InstanceFilter{byAddress}
	}
	byID := func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
		return []zenlayer.InstanceFilter{{InstanceIDs: []string{text}}}
	}
	byName := func(k zenlayer.InstanceType) []zenlayer.InstanceFilter {
		if k == zenlayer.InstanceVM {
			return []zenlayer.InstanceFilter{{Name: text}}
		}
		return []zenlayer.InstanceFilter{{Name: text}, {Hostname: strings.TrimSuffix(text, ".")}}
	}
	return []func(zenlayer.InstanceType) []zenlayer.InstanceFilter{byID, byName}
}

// appendNew adds the instances that text names exactly: how the API's filters
// match is not documented well enough to rely on them.
func appendNew(hits []operation.Server, got []zenlayer.Instance, text string) []operation.Server {
	for _, i := range got {
		known := slices.ContainsFunc(hits, func(h operation.Server) bool { return h.ID == i.ID })
		if !known && (i.ID == text || serverMatches(i, text)) {
			hits = append(hits, operation.ServerOf(i))
		}
	}
	return hits
}

// serverMatches compares each name of an instance by its own standard: names as
// they are, host names without regard to case and a final dot, and addresses
// as addresses.
func serverMatches(i zenlayer.Instance, text string) bool {
	if i.Name == text || i.Hostname != "" && hostName(i.Hostname) == hostName(text) {
		return true
	}
	wanted, ok := address(text)
	return ok && slices.ContainsFunc(slices.Concat(i.PrivateIPs, i.PublicIPs, i.IPv6s), func(ip string) bool {
		ip, _, _ = strings.Cut(ip, "/") // it may come with a prefix length
		has, ok := address(ip)
		return ok && has == wanted
	})
}

func hostName(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// address reads an IP address in any spelling, also in brackets. A zone is left
// out.
func address(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

func serverChoice(s operation.Server) commands.Choice {
	parts := []string{cmp.Or(s.Name, s.ID), s.ID, s.IP, s.Zone}
	return commands.Choice{Value: s.ID,
		Label: strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")}
}
