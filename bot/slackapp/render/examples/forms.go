package examples

import (
	"strconv"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// formViews has the form in each of its shapes.
func formViews(n Names) map[string]slack.ModalViewRequest {
	pool := func(port string, weights ...int) (list []zenlayer.Backend) {
		for _, w := range weights {
			list = append(list, zenlayer.Backend{Port: port, Weight: w})
		}
		return list
	}
	op := named(n, Sample())
	equal, direct := op.Listener, op.Listener
	equal.Scheduler, equal.HealthCheck = "rr", new(false)
	direct.Kind, direct.Protocol, direct.Port = operation.DirectRouting, "UDP", "53"
	unread := form.About{Listener: op.Listener}
	unread.Listener.Servers = -1
	views := map[string]slack.ModalViewRequest{
		"form":         form.Register(form.New("C0INC1234", nil, nil)),
		"form_typed":   form.Register(typed(form.New("C0INC1234", nil, nil), false)),
		"form_swapped": form.Register(swapped()),
		"form_filled": form.Register(typed(form.New("C0INC1234", named(n, commands.Values{
			commands.KeyListener: "api-lb:443", commands.KeyServer: "web-07", commands.KeyType: "vm",
			commands.KeyPorts: "8080", commands.KeyWeight: "50", commands.KeyName: "web-07",
			commands.KeyReason: "inc-1234", commands.KeyTo: "C0OPS", commands.KeyNoWatch: "true"}),
			[]string{"Values of LBR-7F3KQ2."}), false)),
		"form_unfit": form.Register(typed(form.New("", commands.Values{commands.KeyWeight: "500",
			commands.KeyType: "x", commands.KeyTo: "#ops"}, nil), true)),
	}
	alerted := picked(op, form.About{Listener: op.Listener, Pool: pool("8080", 50, 50), Read: true})
	alerted.ThreadTS = "1795430000.000100"
	alerted.Mark([]string{commands.KeyListener, commands.KeyServer, commands.KeyPorts})
	views["form_alerted"] = form.Register(alerted)
	for name, about := range map[string]form.About{
		"picked":  {Listener: op.Listener, Pool: pool("8080", 50, 50, 50, 50), Read: true},
		"mixed":   {Listener: op.Listener, Pool: append(pool("8080", 20, 50), pool("443", 50)...), Read: true},
		"empty":   {Listener: op.Listener, Read: true},
		"unread":  unread,
		"equal":   {Listener: equal, Pool: pool("443", 50), Read: true},
		"direct":  {Listener: direct, Pool: pool("53", 50), Read: true},
		"refused": {Problem: form.NotAllowed},
		"gone":    {Problem: form.Gone},
	} {
		views["form_"+name] = form.Register(picked(op, about))
	}
	return views
}

// typed is a form without lists.
func typed(f form.State, servers bool) form.State {
	f.TypeIDs()
	f.Alert = form.WithoutLists(servers, false)
	f.Typed[commands.KeyListener] = !servers
	return f
}

// swapped is a form to type into although there are lists.
func swapped() form.State {
	f := form.New("C0INC1234", nil, nil)
	f.TypeIDs()
	f.Listed = map[string]bool{commands.KeyListener: true, commands.KeyServer: true}
	return f
}

// picked is a form with a listener and a server from the lists.
func picked(op operation.Operation, about form.About) form.State {
	f := form.New("C0INC1234", commands.Values{commands.KeyPorts: "8080"}, nil)
	f.Pick(commands.KeyListener, form.ListenerOption(op.Listener))
	f.Pick(commands.KeyServer, form.ServerOption(op.Server))
	f.About = &about
	return f
}

// Options has every answer to a question for the options of a list, as Messages.
func Options(n Names) map[string]any {
	op := named(n, Sample())
	var listeners []operation.Listener
	var servers []operation.Server
	for i := range 100 {
		l, s := op.Listener, op.Server
		l.ID, s.ID = l.ID[:min(len(l.ID), 30)]+strconv.Itoa(i), s.ID[:min(len(s.ID), 30)]+strconv.Itoa(i)
		listeners, servers = append(listeners, l), append(servers, s)
	}
	return map[string]any{
		"listeners":       form.Listeners(suggest.Suggested{Lately: listeners[:5], Others: listeners[5:], More: 9_900}),
		"listeners_found": form.Listeners(suggest.Suggested{Others: listeners[:1]}),
		"servers":         form.Servers(servers, 99_900),
		"servers_found":   form.Servers(servers[:1], 0),
		"none":            form.NoOptions(),
		"no_list":         form.NoList(),
		"nothing_allowed": form.NothingAllowed(),
	}
}
