package main

import (
	"cmp"
	"os"
	"strings"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/policy/cases"
)

// offline is the world of the flags alone.
func (s session) offline(i inquiry, ask bot.Inquiry) (*policy.Gate, operation.Question, func(), error) {
	path := cmp.Or(i.rules, s.environ["LBBOT_POLICY"], bot.Defaults().Policy)
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, operation.Question{}, nil, usageError{err}
	}
	set, err := policy.Parse(path, src)
	if err != nil {
		return nil, operation.Question{}, nil, usageError{err}
	}
	const creator = "U0CREATOR"
	channel := cases.Channel{ID: i.channel, Name: i.channelName, Private: i.private, Direct: strings.HasPrefix(i.channel, "D")}
	if i.incident {
		channel.Creator = creator
	}
	w := &cases.World{Channels: []cases.Channel{channel}, Members: map[string][]string{},
		People: []cases.Person{{ID: i.person, Kind: cases.Kind(i.who), Groups: i.groups}}}
	for _, id := range set.Groups() {
		w.Members[id] = nil // it exists; who else is in it is not known here
	}
	gate, err := policy.New(policy.Config{Path: path, AtOnce: true, Directory: w, IncidentChannels: []string{"*"}, IncidentCreators: []string{creator}})
	if err != nil {
		return nil, operation.Question{}, nil, usageError{err}
	}
	r := cases.Request{Action: ask.Action, Weight: ask.Registration.Weight, Ports: ask.Registration.Ports, At: ask.At,
		Instance: cases.Instance{ID: ask.Registration.Server, Type: string(ask.Registration.Type)},
		Listener: cases.Listener{ID: i.listener, Name: i.listenerName, Protocol: i.protocol, LoadBalancer: i.balancer, LoadBalancerName: i.balancerName, Zone: i.zone}}
	return gate, r.Question(i.person, i.channel), func() {}, nil
}
