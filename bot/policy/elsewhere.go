package policy

import (
	"github.com/cedar-policy/cedar-go/types"

	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
)

// elsewhere evaluates the question as if it came from each channel that a permit
// names, and from an incident channel. It stores in d where a permit would hold,
// and returns the least demanding permit; nil if no channel would help.
func (s *policies) elsewhere(f *facts, d *operation.Decision) *rules.Rule {
	here := f.request.Context
	defer func() { f.request.Context = here }()
	var best *rules.Rule
	holds := func(change types.RecordMap) bool {
		f.request.Context = changed(here, change)
		v := s.ask(f)
		if v.fault != nil || len(v.permits) == 0 {
			return false
		}
		if near := v.permits[0]; best == nil || near.Demand() < best.Demand() {
			best = near
		}
		return true
	}
	channel, _ := here.Get("channel")
	for _, id := range s.ChannelsNamed() {
		at, ok := channel.(types.Record)
		if ok && holds(types.RecordMap{"channel": changed(at, types.RecordMap{"id": types.String(id)})}) {
			d.Channels = append(d.Channels, id)
		}
	}
	d.Incident = holds(types.RecordMap{"incident": types.True})
	return best
}

// changed is a copy of r with other values.
func changed(r types.Record, change types.RecordMap) types.Record {
	m := make(types.RecordMap, r.Len())
	for name, v := range r.All() {
		m[name] = v
	}
	for name, v := range change {
		m[name] = v
	}
	return record(m)
}
